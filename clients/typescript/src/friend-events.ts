import type { Client } from './generated/client/index.js';
import type { FriendEvent, Problem } from './generated/types.gen.js';
import { readMessages } from './messages.js';

/** Milliseconds without anything from the gateway, which says something every few seconds, after which a stream is taken for broken. */
const SILENCE = 60_000;
/** Milliseconds before the stream is opened again, unless the gateway says otherwise. */
const RETRY = 2_000;

/** The stream was refused, and asking again does not help. */
export class StreamRefused extends Error {
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined) {
    super(problem?.detail ?? `The stream was refused with ${status}.`);
    this.name = 'StreamRefused';
    this.problem = problem;
  }
}

export type Follow = { client: Client; subscriberId?: string; signal?: AbortSignal };

/**
 * What a subscriber's friends do: first `friends` with everything, then what changes. Opened again whenever it ends, with `friends` anew.
 * Ends with `signal`. @throws StreamRefused where the gateway says no
 */
export async function* friendEvents({ client, subscriberId = 'me', signal }: Follow): AsyncGenerator<FriendEvent> {
  let pause = 0;
  while (!signal?.aborted) {
    await waited(pause, signal);
    pause = RETRY;
    const opened = await open(client, subscriberId, signal).catch(giveUpOrGoOn(signal));
    if (!opened) continue;
    try {
      for await (const { event, data, retry } of readMessages(opened, SILENCE)) {
        if (retry !== undefined) pause = retry;
        if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) } as FriendEvent;
      }
    } catch (trouble) {
      giveUpOrGoOn(signal)(trouble);
    }
  }
}

async function open(client: Client, subscriberId: string, signal: AbortSignal | undefined) {
  const { response, error } = await client.get<unknown, Problem>({
    url: '/v1/subscribers/{subscriberId}/friends/events',
    path: { subscriberId },
    security: [{ scheme: 'bearer', type: 'http' }],
    parseAs: 'stream',
    ...(signal && { signal }),
  });
  if (response.ok && response.body) return response.body;
  const { status } = response;
  if (status < 500 && status !== 429) throw new StreamRefused(status, error as Problem | undefined);
  return undefined;
}

/** What ends in between is no fault: the stream is opened again. */
function giveUpOrGoOn(signal: AbortSignal | undefined) {
  return (trouble: unknown): undefined => {
    if (trouble instanceof StreamRefused && !signal?.aborted) throw trouble;
    return undefined;
  };
}

function waited(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done);
  });
}

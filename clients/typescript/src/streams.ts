import type { Client } from './generated/client/index.js';
import type { Problem } from './generated/types.gen.js';
import { type Message, readMessages } from './messages.js';
import { StreamRefused } from './stream-refused.js';

/** Milliseconds without anything from the gateway, which says something every few seconds, after which a stream is taken for broken. */
const SILENCE = 60_000;
/** Milliseconds before the stream is opened again, unless the gateway says otherwise. */
const RETRY = 2_000;

/** What is asked for; as of the generated client. `from`: the id of the last message that was taken in, if there is one. */
export type Wanted = {
  client: Client;
  url: string;
  path?: Record<string, string>;
  query?: Record<string, unknown>;
  from?: string | undefined;
  signal?: AbortSignal | undefined;
};

/**
 * The messages of a stream. Opened again whenever it ends, from the last id on that it has given. Ends with `signal`.
 * @throws StreamRefused where the gateway says no
 */
export async function* followed({ from, ...wanted }: Wanted): AsyncGenerator<Message> {
  const { signal } = wanted;
  let [pause, last] = [0, from];
  while (!signal?.aborted) {
    await waited(pause, signal);
    pause = RETRY;
    const opened = await open(wanted, last).catch(giveUpOrGoOn(signal));
    if (!opened) continue;
    try {
      for await (const message of readMessages(opened, SILENCE)) {
        pause = message.retry ?? pause;
        yield message;
        last = message.id ?? last;
      }
    } catch (trouble) {
      giveUpOrGoOn(signal)(trouble);
    }
  }
}

async function open({ client, url, path, query, signal }: Wanted, last: string | undefined) {
  const { response, error } = await client.get<unknown, Problem>({
    url,
    ...(path && { path }),
    ...(query && { query }),
    ...(last !== undefined && { headers: { 'Last-Event-ID': last } }),
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

import type { Call } from '../api/call.ts';
import { readEvents, type ServerEvent } from '../api/events.ts';
import { toProblem } from '../api/problem.ts';

/** How the stream of friends' events is. */
export type Connection = 'connecting' | 'live' | 'lost';

/** Milliseconds without a sign of life, of which the server gives one every ten seconds. */
const SILENCE = 25_000;
/** Milliseconds before the next try: at first, and at most. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** The same after the server has given this one's place to a newer one of the same subscriber. */
const REPLACED_WAIT = 60_000;

/**
 * Follows the events of friends, and connects again whenever the stream ends, ever less eagerly while that fails, at once when the browser is
 * online again. Ends for good when the token does, and when `signal` says so.
 */
export async function followFriends(
  call: Call,
  signal: AbortSignal,
  tell: (event: ServerEvent) => void,
  show: (connection: Connection) => void,
): Promise<void> {
  show('connecting');
  let failures = 0;
  while (!signal.aborted) {
    let asked = 0;
    try {
      await followOnce(call, signal, (event) => {
        failures = 0;
        if (event.event === 'replaced') asked = REPLACED_WAIT;
        else {
          show('live');
          tell(event);
        }
      });
    } catch (err) {
      const { status, retryAfter = 0 } = toProblem(err);
      if (status === 401) return;
      asked = retryAfter * 1000;
    }
    if (signal.aborted) return;
    show('lost');
    await pause(Math.max(asked, waitAfter(failures)), signal);
    failures += 1;
  }
}

async function followOnce(call: Call, signal: AbortSignal, tell: (event: ServerEvent) => void): Promise<void> {
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), SILENCE);
  const giveUp = () => silent.abort();
  signal.addEventListener('abort', giveUp);
  try {
    const { body } = await call('GET', '/friends/events', { signal: silent.signal });
    if (!body) return;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, SILENCE);
    };
    for await (const event of readEvents(body, alive)) tell(event);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

/** Milliseconds; not the same for everybody, who all lost the same server at the same moment. */
function waitAfter(failures: number): number {
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 1.6 ** failures) * (0.5 + Math.random() / 2);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      removeEventListener('online', go);
      signal.removeEventListener('abort', go);
      resolve();
    };
    const timer = setTimeout(go, milliseconds);
    addEventListener('online', go);
    signal.addEventListener('abort', go);
  });
}

import { Fault } from '../../domain/fault.ts';
import type { Holding } from './body-room.ts';

/** How slowly a body may come: milliseconds without any of it, and bytes a second in the long run. */
export type Pace = { patience: number; bytesASecond: number };

/**
 * The chunks of a body as they arrive, counted for what they take of the room that large bodies
 * share, until it has to make room for others or comes more slowly than `pace`. Time in which
 * nobody asks for the next chunk is ours and does not count.
 * @throws Fault UNAVAILABLE, REQUEST_TIMEOUT
 */
export async function* inRoom(
  chunks: AsyncIterable<Buffer>,
  holding: Holding | undefined,
  pace?: Pace,
): AsyncGenerator<Buffer> {
  const iterator = chunks[Symbol.asyncIterator]();
  let patience = pace?.patience;
  try {
    for (;;) {
      const asked = performance.now();
      const next = await unlessStopped(iterator.next(), holding, patience);
      if (next.done) return;
      holding?.take(next.value.length);
      if (pace && patience !== undefined) {
        const earned = (next.value.length / pace.bytesASecond) * 1000;
        patience = Math.min(pace.patience, patience - (performance.now() - asked) + earned);
      }
      yield next.value;
    }
  } finally {
    // Not waited for: it ends when the client sends something, or goes.
    iterator.return?.().catch(() => {});
  }
}

async function unlessStopped<T>(
  next: Promise<T>,
  holding: Holding | undefined,
  patience: number | undefined,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stopped = new Promise<never>((_, reject) => {
    holding?.onRefusal(reject);
    // What has arrived while this process stood still is looked at first.
    const late = () => setImmediate(reject, tooSlow());
    if (patience !== undefined) timer = setTimeout(late, Math.max(0, patience));
  });
  try {
    return await Promise.race([next, stopped]);
  } finally {
    clearTimeout(timer);
    holding?.onRefusal(undefined);
  }
}

function tooSlow(): Fault {
  return new Fault('REQUEST_TIMEOUT', 'The body did not arrive in time; send it again, faster.');
}

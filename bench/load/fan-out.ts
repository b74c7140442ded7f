import type { Arrivals } from './tunes.ts';

/** Watchers of whom each is told every tune. */
export type FanOut = Arrivals & {
  /** From now on a tune has arrived when this many have it. */
  expect(watchers: number): void;
  /** This watcher was told of the title; a second time does not count. */
  told(watcher: number, title: string): void;
  /** Milliseconds from registering a title to each watcher, since the last call. */
  takeDelays(): number[];
};

/** Who waits for which title to reach all watchers. `of` settles when the last of them has it; `count` counts each watcher. */
export function createFanOut(): FanOut {
  type Waiting = { since: number; missing: Set<number>; resolve(at: number): void };
  const waiting = new Map<string, Waiting>();
  let watchers = 0;
  let count = 0;
  let delays: number[] = [];
  function told(watcher: number, title: string): void {
    const one = waiting.get(title);
    if (!one?.missing.delete(watcher)) return;
    const now = performance.now();
    count += 1;
    delays.push(now - one.since);
    if (one.missing.size > 0) return;
    waiting.delete(title);
    one.resolve(now);
  }
  return {
    expect(number) {
      watchers = number;
    },
    of: (title) =>
      new Promise((resolve) => {
        const missing = new Set(Array.from({ length: watchers }, (_, i) => i));
        waiting.set(title, { since: performance.now(), missing, resolve });
      }),
    told,
    note: (title) => told(0, title),
    count: () => count,
    takeDelays() {
      const taken = delays;
      delays = [];
      return taken;
    },
  };
}

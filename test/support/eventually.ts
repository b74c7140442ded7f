import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';

/**
 * Milliseconds in which something has to come true, or to become more nearly so: far more than it takes where other tests
 * keep every core busy. No test promises a time; `npm run bench` measures them.
 */
export const PATIENCE = 100_000;

/** Runs `check` until it no longer throws; when patience (milliseconds) is over its last error is the test's. */
export async function eventually<T>(check: () => Promise<T> | T, patience = PATIENCE): Promise<T> {
  const giveUp = Date.now() + patience;
  for (;;) {
    try {
      return await check();
    } catch (err) {
      if (Date.now() > giveUp) throw err;
    }
    await sleep(20);
  }
}

/** Waits until nothing of the work is left, however long it takes, as long as it becomes less. `what`: for the error. */
export async function untilDone(what: string, left: () => Promise<number>): Promise<void> {
  for (let before = await left(); before > 0; )
    before = await eventually(async () => {
      const now = await left();
      expect(now, `${what} left`).to.be.below(before);
      return now;
    });
}

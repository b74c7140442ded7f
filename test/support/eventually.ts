import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { allow } from '../../local/children/held-up.ts';

/**
 * Milliseconds in which something has to come true, or to become more nearly so: far more than it takes where others
 * keep every core busy. No test promises a time; `npm run bench` measures them. Whoever looks for what is wrong on a
 * quiet machine need not wait as long: EARSHOT_TEST_PATIENCE_MS.
 */
export const PATIENCE = Number(process.env.EARSHOT_TEST_PATIENCE_MS || 300_000);

/** EARSHOT_REDIS_PATIENCE_MS for processes of tests: a Redis that others keep from a core must not be taken for one that hangs. */
export const REDIS_PATIENCE = `${PATIENCE}`;

/**
 * Runs `check` until it no longer throws. When patience is over (milliseconds, without those for which this process
 * waited for a processor) its last error is the test's.
 */
export async function eventually<T>(check: () => Promise<T> | T, patience = PATIENCE): Promise<T> {
  const allowed = allow(patience, [process.pid]);
  for (;;) {
    try {
      return await check();
    } catch (err) {
      if (allowed.left() < 0) throw err;
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

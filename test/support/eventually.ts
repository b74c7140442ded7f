import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds for a process to start where other tests keep every core busy: it needs two seconds of one for itself. */
export const STARTING = 40_000;

/** Runs `check` until it no longer throws; after `patience` milliseconds its last error is the test's. */
export async function eventually<T>(check: () => Promise<T> | T, patience = 8_000): Promise<T> {
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

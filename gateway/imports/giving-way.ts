import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds for which a call counts as one of somebody who is at work. */
const RECENT = 1_000;
/** The longest pause, in milliseconds: what took long may have waited for others. */
const LONGEST_PAUSE = 100;

/** Does one batch when its turn has come. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Lets imports take the whole process where nobody else calls it, and half of the time where somebody does: then one batch after the
 * other, each with a pause after it that is as long as the batch took.
 */
export function createGivingWay(): { noteCall(): void; inTurn: InTurn } {
  let lastCall = Number.NEGATIVE_INFINITY;
  let before: Promise<unknown> = Promise.resolve();

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = before.then(async () => {
      const began = performance.now();
      const result = await Promise.allSettled([work()]);
      return { result: result[0], took: performance.now() - began };
    });
    before = mine.then(({ took }) => sleep(Math.min(took, LONGEST_PAUSE)));
    const { result } = await mine;
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  }

  return {
    noteCall() {
      lastCall = performance.now();
    },
    async inTurn(work) {
      return performance.now() - lastCall < RECENT ? alone(work) : work();
    },
  };
}

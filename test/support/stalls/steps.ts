import { takeTurns } from '../../../runtime/turns.ts';

/** Milliseconds that a look at the clock takes while steps are counted. */
const LOOK = 1;
/** More than any turn takes. */
const LONG = 1_000;

/**
 * How many steps the work does at most before others have their turn; it calls `step` for each. The clock goes on only by being looked
 * at, so that the answer does not hang on the machine: what takes turns does about ten steps in each.
 */
export async function mostStepsInATurn(work: (step: () => void) => Promise<unknown>): Promise<number> {
  const { now } = performance;
  let [most, steps, time, isOver] = [0, 0, now.call(performance), false];
  const turn = () => {
    steps = 0;
    if (!isOver) setImmediate(turn);
  };
  performance.now = () => {
    time += LOOK;
    return time;
  };
  turn();
  try {
    await work(() => {
      steps += 1;
      most = Math.max(most, steps);
    });
  } finally {
    isOver = true;
    // The turn that begins here begins by the clock as it is.
    time += LONG;
    const next = takeTurns();
    performance.now = now;
    await next;
  }
  return most;
}

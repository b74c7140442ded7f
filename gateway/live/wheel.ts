/** Milliseconds between two steps. */
const STEP = 100;
/** Steps until each of the riders had its turn: ten seconds. */
const ROUND = 100;

/**
 * One timer for everything that comes with time. `beat` is called for each rider once a round,
 * `ring` for whoever is due, and `round` once in a while.
 */
export function createWheel<Rider, Due>(
  { now }: { now: () => number },
  calls: { beat(rider: Rider): void; ring(due: Due): void; round(): void },
) {
  const riders = Array.from({ length: ROUND }, () => new Set<Rider>());
  const alarms = new Map<number, Set<Due>>();
  const stepOfDue = new Map<Due, number>();
  let at = stepOf(now());
  let turns = 0;
  const timer = setInterval(turn, STEP).unref();

  function turn(): void {
    turns += 1;
    for (const rider of [...(riders[turns % ROUND] ?? [])]) calls.beat(rider);
    if (turns % ROUND === 0) calls.round();
    const last = stepOf(now());
    // After a pause of the machine this is many steps, and never more than are waited for. Where the clock was put back they begin before `at`.
    const isJump = last < at || last - at > alarms.size;
    const over = isJump ? [...alarms.keys()].filter((step) => step < last) : range(at, last);
    at = last;
    for (const step of over) {
      const due = alarms.get(step) ?? [];
      alarms.delete(step);
      for (const one of due) {
        stepOfDue.delete(one);
        calls.ring(one);
      }
    }
  }

  function forget(due: Due): void {
    const step = stepOfDue.get(due) ?? Number.NaN;
    stepOfDue.delete(due);
    const others = alarms.get(step);
    if (others?.delete(due) && others.size === 0) alarms.delete(step);
  }

  return {
    /** Has its first turn when a round is over. */
    join(rider: Rider): void {
      riders[turns % ROUND]?.add(rider);
    },

    leave(rider: Rider): void {
      for (const step of riders) if (step.delete(rider)) return;
    },

    /** Rings at that time, in milliseconds since the epoch, or a step later, and no more at the time that was asked for before. */
    wake(due: Due, time: number): void {
      const step = Math.max(stepOf(time), Math.min(at, stepOf(now())));
      forget(due);
      stepOfDue.set(due, step);
      const others = alarms.get(step);
      if (others) others.add(due);
      else alarms.set(step, new Set([due]));
    },

    /** Is not to be rung any more. */
    forget,

    stop: () => clearInterval(timer),
  };
}

function stepOf(time: number): number {
  return Math.floor(time / STEP);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i);
}

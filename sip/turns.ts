import { elapsed } from '../runtime/elapsed.ts';
import { Trouble } from './trouble.ts';

/** Milliseconds of the rate that may be made up for at once; one turn in any case. */
const BURST = 100;
/** Milliseconds for which a tune waits here at most: who has to wait longer comes back later, and hinders nobody. */
const LONGEST_WAIT = 1_000;

type Waiting = { go(): void; fail(err: Error): void };

/**
 * So many turns a second at most. What takes something away goes before what is shown, however much of that waits. `rate`: turns a
 * second; `clock`: milliseconds that only go on.
 */
export function createTurns(rate: number, clock: () => number = elapsed) {
  const step = 1_000 / rate;
  const most = Math.max(BURST, step);
  const lanes: { first: Waiting[]; others: Waiting[] } = { first: [], others: [] };
  /** Up to when turns are taken, and, by those who come back later, are promised. */
  let taken = 0;
  let promised = 0;
  let timer: NodeJS.Timeout | undefined;

  const waiting = () => lanes.first.length + lanes.others.length;

  function isFree(now: number): boolean {
    taken = Math.max(taken, now - most);
    return taken + step <= now;
  }

  function goOn(): void {
    timer = undefined;
    while (waiting() > 0 && isFree(clock())) {
      taken += step;
      (lanes.first.shift() ?? lanes.others.shift())?.go();
    }
    if (waiting() > 0) timer ??= setTimeout(goOn, Math.max(1, taken + step - clock()));
  }

  return {
    /** Settles with whether it had to wait. @throws Trouble where too many wait already */
    take(first: boolean): Promise<boolean> {
      const now = clock();
      if (waiting() === 0 && isFree(now)) {
        taken += step;
        return Promise.resolve(false);
      }
      if (!first && waiting() > 0 && (waiting() + 1) * step > LONGEST_WAIT) {
        promised = Math.max(promised, now + LONGEST_WAIT) + step;
        throw new Trouble('others are told first, as no more is asked a second', Math.ceil(promised - now));
      }
      return new Promise((resolve, reject) => {
        (first ? lanes.first : lanes.others).push({ go: () => resolve(true), fail: reject });
        timer ??= setTimeout(goOn, Math.max(1, taken + step - now));
      });
    },
    /** A turn is taken by whoever could not wait for it; the next ones wait for longer. */
    pay(): void {
      taken = Math.max(taken, clock() - most) + step;
    },
    /** Nobody waits any longer. */
    stop(err: Error): void {
      clearTimeout(timer);
      for (const { fail } of [...lanes.first.splice(0), ...lanes.others.splice(0)]) fail(err);
    },
  };
}

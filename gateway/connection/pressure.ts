import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import type { Line } from './line.ts';

/** Calls that are under way in this process at a time, event streams apart. */
export const MOST_UNDER_WAY = 1_000;
/** The same for those who withdraw consent, or read metrics: they come in beside the others. */
const MOST_OF_ALL = 2 * MOST_UNDER_WAY;
/** So few are answered before anybody would have come back, however slow this machine is. */
export const FEW = 250;
/**
 * Milliseconds of delay from which on a call of each rank is refused. A call asks Redis several times, so it takes
 * some four times as long.
 */
const PATIENCE = { import: 100, book: 175, call: 250, dear: Number.POSITIVE_INFINITY };
/** Milliseconds between two looks. */
const PAUSE = 100;
/** Looks that must all have been late: one alone may have met with a collection of garbage, or a disk that had to be waited for. */
const LOOKS = 3;
/**
 * Milliseconds for which it goes on looking when fewer calls are under way: those of a crowd come and go together, and an import that
 * came between two of its waves would be taken in before their calls.
 */
const WAVES = 2_000;
/** Seconds after which to try again: from one to three, or all would come back together. */
const SOONEST = 1;
const SPREAD = 3;

/**
 * In which order calls are refused where there is more to do than can be done: imports first, then books, exports and whatever else makes
 * work for reconciliation, then the others. `dear`: what withdraws consent, and metrics; `probe`: answered in any case.
 */
export type Rank = keyof typeof PATIENCE | 'probe';

export type Pressure = ReturnType<typeof createPressure>;

/**
 * Refuses calls before those that are under way wait for each other for seconds: what is refused costs next to nothing, and
 * may be answered at once by another gateway. How long somebody waits is looked at as a call would find it, in line, by a timer and by a
 * question to Redis (`ask`), and only while many calls stand in line or are under way, or were a moment ago.
 */
export function createPressure(
  line: Line,
  ask: () => Promise<unknown>,
  now: () => number = performance.now.bind(performance),
) {
  let underWay = 0;
  let looking = false;
  let crowdedAt = Number.NEGATIVE_INFINITY;
  let delays: number[] = [];

  const isCrowded = () => underWay + line.length() >= FEW;

  async function look(): Promise<void> {
    while (isCrowded() || now() - crowdedAt < WAVES) {
      if (isCrowded()) crowdedAt = now();
      const due = now() + PAUSE;
      await sleep(PAUSE);
      // A Redis that is away is no reason to wait: each call says so by itself.
      await ask().catch(() => {});
      delays = [...delays, now() - due].slice(-LOOKS);
    }
    looking = false;
    delays = [];
  }

  function delay(): number {
    return looking ? Math.max(line.wait(), delays.length < LOOKS ? 0 : Math.min(...delays)) : 0;
  }

  return {
    /** @throws Fault UNAVAILABLE where a call of that rank is to be refused now */
    require(rank: Rank): void {
      if (rank === 'probe') return;
      const isFull = underWay >= (rank === 'dear' ? MOST_OF_ALL : MOST_UNDER_WAY);
      // Between two waves calls are answered, and nothing is begun that takes longer.
      const isPatient = delay() < PATIENCE[rank] || (rank === 'call' && !isCrowded());
      if (!isFull && isPatient) return;
      const again = SOONEST + Math.floor(Math.random() * SPREAD);
      throw new Fault('UNAVAILABLE', 'This gateway has more to do than it can; go on after Retry-After.', again);
    },

    /** A call begins; to be answered by `leave`, once. */
    enter(): void {
      underWay += 1;
      if (!isCrowded()) return;
      crowdedAt = now();
      if (looking) return;
      looking = true;
      void look();
    },

    leave(): void {
      underWay -= 1;
    },
  };
}

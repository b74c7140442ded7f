import type { Log } from '../../runtime/log.ts';
import type { Census as Counts, Roll } from '../../store/subscriber/roll.ts';

/** Milliseconds between two counts at the least. */
const INTERVAL = 15_000;
/** A count may take a fiftieth of the time. */
const SHARE = 50;

/** How many subscribers there were when they were counted last; undefined before the first count. */
export type Census = () => Counts | undefined;

/**
 * Counts subscribers when somebody asks, and not while it is asked: who asks is told the last count. It takes one short
 * question for 64 subscribers (see `createRoll`), so the more there are, the more seldom it is done. `elapsed`: milliseconds that only go on.
 */
export function createCensus(roll: Pick<Roll, 'census'>, log: Log, elapsed: () => number): Census {
  let counts: Counts | undefined;
  let next = 0;
  let counting = false;

  async function count(): Promise<void> {
    const began = elapsed();
    try {
      counts = await roll.census();
    } catch (err) {
      log.warn({ err }, 'subscribers cannot be counted');
    }
    next = elapsed() + Math.max(INTERVAL, SHARE * (elapsed() - began));
    counting = false;
  }

  return () => {
    if (!counting && elapsed() >= next) {
      counting = true;
      void count();
    }
    return counts;
  };
}

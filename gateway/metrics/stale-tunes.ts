import type { OutletRow } from '../../domain/playing/outlets.ts';
import { isStale } from '../../domain/playing/stale.ts';
import type { Stores } from '../../store/stores.ts';

/** Subscribers who are looked at of each partition: those who wait the longest. */
const MOST = 8;

/**
 * How many tunes an outlet shows though they are over; where there are many, at least so many. Whatever has still to be taken
 * off is due, and before all else that is, so a few of each due list are enough.
 */
export async function countStale(
  { dueAtHome, situations }: Pick<Stores, 'dueAtHome' | 'situations'>,
  { name, queue }: OutletRow,
  now: number,
): Promise<number> {
  const waiting = await dueAtHome.first(queue, MOST);
  const stale = await Promise.all(
    waiting.map(async ({ id, dueAt }) => {
      const situation = await situations.read(id, name);
      return situation !== undefined && isStale(situation, dueAt, now);
    }),
  );
  return stale.filter(Boolean).length;
}

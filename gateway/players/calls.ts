import type { Context } from '../context.ts';

/** How many calls of a subscriber's players are left, of at most `most`, and in how many seconds there are as many again. */
export type Allowance = { allowed: boolean; most: number; remaining: number; resetIn: number };

/** Calls by all players of one subscriber in ten seconds. */
const MOST = 60;
const WINDOW = 10_000;

/** Of these, calls with a body so large that reading it takes time. */
const MOST_LARGE = 3;
const LARGE = 64 * 1024;

/** Whether a body of this announced length may be read for the subscriber; undefined when it was not announced. */
export async function mayRead(
  { stores, subjectHashOf }: Context,
  subscriberId: string,
  length: number | undefined,
): Promise<boolean> {
  if (length !== undefined && length <= LARGE) return true;
  const { count } = await stores.rates.count(`players-large:${subjectHashOf(subscriberId)}`, WINDOW);
  return count <= MOST_LARGE;
}

/** Counts a call by one of a subscriber's players, in whatever protocol. */
export async function countCall({ stores, subjectHashOf }: Context, subscriberId: string): Promise<Allowance> {
  const { count, resetIn } = await stores.rates.count(`players:${subjectHashOf(subscriberId)}`, WINDOW);
  return {
    allowed: count <= MOST,
    most: MOST,
    remaining: Math.max(0, MOST - count),
    resetIn: Math.ceil(resetIn / 1000),
  };
}

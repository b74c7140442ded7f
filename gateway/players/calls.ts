import type { Context } from '../context.ts';

/** How many calls of a subscriber's players are left, of at most `most`, and in how many seconds there are as many again. */
export type Allowance = { allowed: boolean; most: number; remaining: number; resetIn: number };

/** Calls by all players of one subscriber in ten seconds. */
const MOST = 60;
const WINDOW = 10_000;

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

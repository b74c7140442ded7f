import { Fault } from '../../domain/fault.ts';
import type { Limit } from '../../runtime/config/login-config.ts';
import type { ServiceContext } from '../context.ts';

/** Something that was counted and may turn out not to count. */
export type Counted = { giveBack(): Promise<void> };

/** What is counted, of whom (kept as a keyed hash), and how many there may be. */
export type Count = readonly [what: string, whom: string, limits: readonly Limit[]];

/** Counts one `what` of `whom`. @throws Fault TOO_MANY_REQUESTS */
export async function countOne(
  { stores, keyedHash, now }: ServiceContext,
  ...[what, whom, limits]: Count
): Promise<Counted> {
  const name = keyedHash(what, whom);
  const outcome = await stores.limits.take(name, limits, now());
  if ('taken' in outcome) return { giveBack: () => stores.limits.giveBack(name, outcome.taken) };
  const seconds = Math.ceil(outcome.retryAfter / 1000);
  throw new Fault(
    'TOO_MANY_REQUESTS',
    'There were too many of these; try again after the time in Retry-After.',
    seconds,
  );
}

/** Counts one in each, or in none: what one limit refuses is no burden on the others. @throws Fault TOO_MANY_REQUESTS */
export async function countInAll(context: ServiceContext, counts: readonly Count[]): Promise<Counted> {
  const counted: Counted[] = [];
  const giveBack = async () => {
    for (const one of counted) await one.giveBack();
  };
  try {
    for (const count of counts) counted.push(await countOne(context, ...count));
  } catch (err) {
    await giveBack();
    throw err;
  }
  return { giveBack };
}

import { Fault } from '../domain/fault.ts';
import type { Limit } from '../runtime/login-config.ts';
import type { ServiceContext } from './context.ts';

/** Something that was counted and may turn out not to count. */
export type Counted = { giveBack(): Promise<void> };

/** Counts one `what` of `whom`, who is kept as a keyed hash. @throws Fault TOO_MANY_REQUESTS */
export async function countOne(
  { stores, keyedHash, now }: ServiceContext,
  what: string,
  whom: string,
  limits: readonly Limit[],
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

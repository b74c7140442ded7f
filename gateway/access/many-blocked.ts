import type { Context } from '../context.ts';
import { createFurtherLimit, type Limit } from './limits.ts';

/** The most blocked people with whom a call about consent is as light as any other. */
export const FEW_BLOCKED = 20;
/** Calls that bring or show more of them, and the seconds for so many: a minute of them at once would hold up others. */
export const MANY_BLOCKED = { calls: 10, seconds: 10 };

/**
 * For calls that bring or show many blocked people: each takes the gateway and the worker tens of milliseconds, and the
 * other calls about consent are counted at nobody else's expense (decision 261).
 */
export function createManyBlockedLimit(context: Context): Limit {
  return createFurtherLimit(context, 'many-blocked', MANY_BLOCKED);
}

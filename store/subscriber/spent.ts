import { BUDGET_DAY, type NumberBudget } from '../../domain/book/number-budget.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';

export type Spent = ReturnType<typeof createSpent>;

/** KEYS: spent. ARGV: when it has come back. */
const NOTE = `
if tonumber(redis.call('GET', KEYS[1]) or '0') >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[1])
return 1`;

/** KEYS: budget. ARGV: what is owed, daily amount, now. */
const OWE = `
local state = redis.call('HMGET', KEYS[1], 'spent', 'at')
local left = tonumber(state[1] or '0') - (tonumber(ARGV[3]) - tonumber(state[2] or ARGV[3])) * tonumber(ARGV[2]) / ${BUDGET_DAY}
if left >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'spent', ARGV[1], 'at', ARGV[3])
return 1`;

/**
 * What has been spent of budgets of numbers goes along with the spenders' own numbers (decision 110): string `spent` for each number key, with the time
 * in milliseconds since the epoch at which all of it has come back, which is also its end.
 */
export function createSpent(redis: Redis, keys: Keys, { first, daily }: NumberBudget) {
  return {
    /** The subscriber gives up these numbers: what it has spent is noted with each. */
    async leaveWith(id: string, numberKeys: readonly string[], now: number): Promise<void> {
      if (first === 0) return;
      const [spent, at] = await redis.hmGet(keys.budget(id)[0], ['spent', 'at']);
      const back = Math.floor(Number(at) + (Number(spent) * BUDGET_DAY) / daily);
      if (!spent || back <= now) return;
      for (const key of numberKeys) await redis.eval(NOTE, { keys: [keys.spent(key)], arguments: [`${back}`] });
    },

    /** The subscriber has these numbers now, and owes what was spent under them. */
    async comeWith(id: string, numberKeys: readonly string[], now: number): Promise<void> {
      if (first === 0) return;
      const noted = await Promise.all(numberKeys.map((key) => redis.get(keys.spent(key))));
      const owed = ((Math.max(...noted.map(Number), 0) - now) * daily) / BUDGET_DAY;
      if (owed <= 0) return;
      await redis.eval(OWE, { keys: [keys.budget(id)[0]], arguments: [owed.toFixed(6), `${daily}`, `${now}`] });
    },
  };
}

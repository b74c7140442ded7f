import { BUDGET_DAY, type NumberBudget } from '../../domain/book/number-budget.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { defineScript } from '../base/script.ts';

export type Spent = ReturnType<typeof createSpent>;

/**
 * Keeps the later of two times: two subscribers may give the same number up one after the other.
 */
const NOTE = defineScript({
  keys: ['spent'],
  args: ['back'],
  lua: `
if tonumber(redis.call('GET', spent) or '0') >= tonumber(back) then return end
redis.call('SET', spent, back, 'PXAT', back)`,
});

/**
 * Raises what is spent of a budget to what is owed, unless it is more already; a charge in between
 * must not be lost.
 */
const OWE = defineScript({
  keys: ['budget'],
  args: ['owed', 'daily', 'now'],
  lua: `
local state = redis.call('HMGET', budget, 'spent', 'at')
local left = tonumber(state[1] or '0') - (tonumber(now) - tonumber(state[2] or now)) * tonumber(daily) / ${BUDGET_DAY}
if left < tonumber(owed) then redis.call('HSET', budget, 'spent', owed, 'at', now) end`,
});

/**
 * What a subscriber has spent of its budget of numbers stays with the numbers that it gives up
 * (decision 110), so that nobody gets a new budget by leaving and joining again. String
 * `spent:<number key>`, in the number's partition: the time in milliseconds since the epoch at which
 * all of it will have come back. The string expires then.
 */
export function createSpent(redis: Redis, keys: Keys, { first, daily }: NumberBudget) {
  return {
    /** The subscriber gives up these numbers: what it has spent is noted with each. */
    async leaveWith(id: string, numberKeys: readonly string[], now: number): Promise<void> {
      if (first === 0) return;
      const [spent, at] = await redis.hmGet(keys.budget(id).budget, ['spent', 'at']);
      const back = Math.floor(Number(at) + (Number(spent) * BUDGET_DAY) / daily);
      if (!spent || back <= now) return;
      for (const key of numberKeys) await NOTE.run(redis, { spent: keys.spent(key) }, { back });
    },

    /** The subscriber has these numbers now, and owes what was spent under them. */
    async comeWith(id: string, numberKeys: readonly string[], now: number): Promise<void> {
      if (first === 0) return;
      const noted = await Promise.all(numberKeys.map((key) => redis.get(keys.spent(key))));
      await this.owe(id, Math.max(...noted.map(Number), 0), now);
    },

    /** Charges the subscriber's budget with as much as will have come back at the time `back`. */
    async owe(id: string, back: number, now: number): Promise<void> {
      const owed = ((back - now) * daily) / BUDGET_DAY;
      if (first === 0 || owed <= 0) return;
      await OWE.run(redis, { budget: keys.budget(id).budget }, { owed: owed.toFixed(6), daily, now });
    },
  };
}

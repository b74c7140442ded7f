import type { Limit } from '../../runtime/config/login-config.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { defineScript } from '../base/script.ts';

/** `taken` gives it back; `retryAfter`: milliseconds until there is room again. */
export type Taken = { taken: string } | { retryAfter: number };

/**
 * Counts one in if every window has room, and answers the milliseconds to wait otherwise.
 * `windows`: the most that one lets through, each with its length after it. In one step: of two who
 * come at once for the last place one gets it.
 */
const TAKE = defineScript({
  keys: ['limit'],
  args: ['now', 'stamp'],
  lists: ['windows'],
  reply: Number,
  lua: `
local time, wait, longest = tonumber(now), 0, 0
for i = 1, #windows, 2 do
  local most, window = tonumber(windows[i]), tonumber(windows[i + 1])
  local oldest = redis.call('ZREVRANGE', limit, most - 1, most - 1, 'WITHSCORES')[2]
  if oldest then wait = math.max(wait, tonumber(oldest) + window - time) end
  longest = math.max(longest, window)
end
if wait > 0 then return wait end
redis.call('ZREMRANGEBYSCORE', limit, '-inf', time - longest)
redis.call('ZADD', limit, time, stamp)
redis.call('PEXPIRE', limit, longest)
return 0`,
});

/**
 * Sliding windows: a sorted set for each name (a stamp by its time), which counts what was let through. A name holds no
 * number and no address but their keyed hash.
 */
export function createLimits(redis: Redis, keys: Keys) {
  return {
    /** Counts one, in all the limits or in none. */
    async take(name: string, limits: readonly Limit[], now: number): Promise<Taken> {
      const taken = newStamp();
      const windows = limits.flatMap(({ most, window }) => [most, window]);
      const wait = await TAKE.run(redis, { limit: keys.limit(name) }, { now, stamp: taken, windows });
      return wait > 0 ? { retryAfter: wait } : { taken };
    },

    /** For what turns out not to count. */
    async giveBack(name: string, taken: string): Promise<void> {
      await redis.zRem(keys.limit(name), taken);
    },
  };
}

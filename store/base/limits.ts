import type { Limit } from '../../runtime/config/login-config.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from './keys.ts';
import { newStamp } from './marks.ts';

/** `taken` gives it back; `retryAfter`: milliseconds until there is room again. */
export type Taken = { taken: string } | { retryAfter: number };

const TAKE = `
local now, wait, longest = tonumber(ARGV[1]), 0, 0
for i = 3, #ARGV, 2 do
  local most, window = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local oldest = redis.call('ZREVRANGE', KEYS[1], most - 1, most - 1, 'WITHSCORES')[2]
  if oldest then wait = math.max(wait, tonumber(oldest) + window - now) end
  longest = math.max(longest, window)
end
if wait > 0 then return wait end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - longest)
redis.call('ZADD', KEYS[1], now, ARGV[2])
redis.call('PEXPIRE', KEYS[1], longest)
return 0`;

/**
 * Sliding windows: a sorted set for each name (a stamp by its time), which counts what was let through. A name holds no
 * number and no address but their keyed hash.
 */
export function createLimits(redis: Redis, keys: Keys) {
  return {
    /** Counts one, in all the limits or in none. */
    async take(name: string, limits: readonly Limit[], now: number): Promise<Taken> {
      const taken = newStamp();
      const wait = await redis.eval(TAKE, {
        keys: [keys.limit(name)],
        arguments: [`${now}`, taken, ...limits.flatMap(({ most, window }) => [`${most}`, `${window}`])],
      });
      return Number(wait) > 0 ? { retryAfter: Number(wait) } : { taken };
    },

    /** For what turns out not to count. */
    async giveBack(name: string, taken: string): Promise<void> {
      await redis.zRem(keys.limit(name), taken);
    },
  };
}

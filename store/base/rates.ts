import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from './keys.ts';

/** How often somebody has called in this window, this call included, and the milliseconds until the next window. */
export type Rate = { count: number; resetIn: number };

const COUNT = `
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}`;

/** Calls counted for all gateways together: a string `rate:<who>` for each caller, which ends with its window. */
export function createRates(redis: Redis, keys: Keys) {
  return {
    /** `window`: milliseconds, beginning with the first call. */
    async count(who: string, window: number): Promise<Rate> {
      const reply = await redis.eval(COUNT, { keys: [keys.rate(who)], arguments: [`${window}`] });
      const [count, resetIn] = reply as [number, number];
      return { count, resetIn };
    },
  };
}

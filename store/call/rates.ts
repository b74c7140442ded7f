import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { as, defineScript } from '../base/script.ts';

/** How often somebody has called in this window, this time included, and the milliseconds until the next window. */
export type Rate = { count: number; resetIn: number };

/**
 * Counts calls and begins the window with the first: in one step, or a process that dies between
 * would leave a count without an end.
 */
const COUNT = defineScript({
  keys: ['rate'],
  args: ['window', 'calls'],
  reply: as<[count: number, left: number]>,
  lua: `
local count = redis.call('INCRBY', rate, calls)
local left = redis.call('PTTL', rate)
if left < 0 then
  redis.call('PEXPIRE', rate, window)
  left = tonumber(window)
end
return { count, left }`,
});

/** Calls counted for all gateways together: a string `rate:<who>` for each caller, which ends with its window. */
export function createRates(redis: Redis, keys: Keys) {
  return {
    /** `window`: milliseconds, beginning with the first call. */
    async count(who: string, window: number, calls = 1): Promise<Rate> {
      const [count, resetIn] = await COUNT.run(redis, { rate: keys.rate(who) }, { window, calls });
      return { count, resetIn };
    },
  };
}

import type { Redis } from '../runtime/redis.ts';
import type { Keys } from './keys.ts';

/** How many of a subscriber's calls are left in this window, at most `most`, and in how many seconds the next one begins. */
export type Allowance = { allowed: boolean; most: number; remaining: number; resetIn: number };

/** Calls by all players of one subscriber in a window of ten seconds. */
const MOST = 60;
const WINDOW = 10_000;

/** Counts what players send (strings `player-calls-<window>`, which expire). */
export function createPlayerCalls(redis: Redis, keys: Keys) {
  return {
    async count(subscriberId: string, now: number): Promise<Allowance> {
      const window = Math.floor(now / WINDOW);
      const key = keys.playerCalls(subscriberId, window);
      const [count] = await redis.multi().incr(key).pExpire(key, WINDOW).exec();
      return {
        allowed: Number(count) <= MOST,
        most: MOST,
        remaining: Math.max(0, MOST - Number(count)),
        resetIn: Math.ceil(((window + 1) * WINDOW - now) / 1000),
      };
    },
  };
}

import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';

/** Milliseconds: longer than any code lives (EARSHOT_CODE_SECONDS), by whichever clock. */
const KEPT = 7_200_000;

/** The stamp from before, if there is one, and the one from now on. */
export type Voided = { before: string | undefined; stamp: string };

/**
 * A string `code-stamp:<keyed hash of the phone>` for each phone whose codes were made void lately: a code that was made with another stamp
 * is none. Nothing for all others.
 */
export function createCodeStamps(redis: Redis, keys: Keys) {
  return {
    async read(phone: string): Promise<string | undefined> {
      return (await redis.get(keys.codeStamp(phone))) ?? undefined;
    },

    async renew(phone: string): Promise<Voided> {
      const stamp = newStamp();
      const expiration = { type: 'PX', value: KEPT } as const;
      const before = await redis.set(keys.codeStamp(phone), stamp, { expiration, GET: true });
      return { before: before ?? undefined, stamp };
    },
  };
}

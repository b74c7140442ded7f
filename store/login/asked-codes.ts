import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';

/**
 * Which codes somebody has asked for who cannot keep the answer: a string `asked-code` for each asker, by its keyed hash, with the authentication ids, sealed; gone
 * with the last code.
 */
export function createAskedCodes(redis: Redis, keys: Keys) {
  return {
    /** In place of any former one. `expiresAt`: milliseconds since the epoch. */
    async put(asker: string, sealed: string, expiresAt: number): Promise<void> {
      await redis.set(keys.askedCode(asker), sealed, { expiration: { type: 'PXAT', value: expiresAt } });
    },

    async get(asker: string): Promise<string | undefined> {
      return (await redis.get(keys.askedCode(asker))) ?? undefined;
    },

    async forget(asker: string): Promise<void> {
      await redis.del(keys.askedCode(asker));
    },
  };
}

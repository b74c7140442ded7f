import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';

/**
 * The login codes under way of clients that cannot keep the authentication id between two requests (XMPP registration, chat, Quicksy). For each such
 * client a string `asked-code:<keyed hash of the client>` holds the ids, sealed. It expires with the last code.
 */
export function createAskedCodes(redis: Redis, keys: Keys) {
  return {
    /** Replaces what was kept for that client. `expiresAt`: milliseconds since the epoch. */
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

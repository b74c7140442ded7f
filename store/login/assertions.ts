import { createHash } from 'node:crypto';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';

/** Assertions that were used (strings `assertion:<hash of issuer and jti>`), kept until they expire by themselves. */
export function createAssertions(redis: Redis, keys: Keys) {
  const keyOf = (issuer: string, jti: string) =>
    keys.assertion(
      createHash('sha256')
        .update(JSON.stringify([issuer, jti]))
        .digest('base64url'),
    );
  return {
    /** False when it was used before. `until`: milliseconds since the epoch from which nobody accepts it anyway. */
    async use(issuer: string, jti: string, until: number): Promise<boolean> {
      const set = await redis.set(keyOf(issuer, jti), '', {
        condition: 'NX',
        expiration: { type: 'PXAT', value: until },
      });
      return set !== null;
    },

    /** The login failed for another reason: the assertion may be used again. */
    async forget(issuer: string, jti: string): Promise<void> {
      await redis.del(keyOf(issuer, jti));
    },
  };
}

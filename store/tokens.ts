import { createHash, randomBytes } from 'node:crypto';
import type { Redis } from '../runtime/redis.ts';
import type { Keys } from './keys.ts';

/**
 * Subscribers' tokens: 256 random bits, kept as SHA-256 only (string `token:<hash>` → subscriber id, with the server's
 * own expiry; sorted set `tokens` of the hashes by expiry, so that they can be revoked together).
 */
export function createTokens(redis: Redis, keys: Keys) {
  return {
    /** The token is shown this once. `expiresAt`: milliseconds since the epoch. */
    async issue(id: string, lifetime: number, now: number): Promise<{ token: string; expiresAt: number }> {
      const token = `est_${randomBytes(32).toString('base64url')}`;
      const hash = hashOf(token);
      const expiresAt = now + lifetime;
      // First where it is found to be revoked: a token that nobody could revoke must not come into being.
      await redis
        .multi()
        .zRemRangeByScore(keys.tokens(id), '-inf', now)
        .zAdd(keys.tokens(id), { value: hash, score: expiresAt })
        .exec();
      await redis.set(keys.token(hash), id, { expiration: { type: 'PXAT', value: expiresAt } });
      return { token, expiresAt };
    },

    /** Whose token this is; undefined when unknown or expired. */
    async subscriberOf(token: string): Promise<string | undefined> {
      return (await redis.get(keys.token(hashOf(token)))) ?? undefined;
    },

    /** When each token that is not revoked ends, in milliseconds since the epoch. */
    async expiries(id: string): Promise<number[]> {
      return (await redis.zRangeWithScores(keys.tokens(id), 0, -1)).map(({ score }) => score);
    },

    async revokeAll(id: string): Promise<void> {
      const hashes = await redis.zRange(keys.tokens(id), 0, -1);
      await Promise.all(hashes.map((hash) => redis.del(keys.token(hash))));
      await redis.del(keys.tokens(id));
    },
  };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

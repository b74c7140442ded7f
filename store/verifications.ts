import type { Redis } from '../runtime/redis.ts';
import { GRACE } from './due.ts';
import type { Keys } from './keys.ts';
import { newStamp } from './marks.ts';
import { allPartitions } from './partitions.ts';
import { ATTEMPT, CLAIM, CONSUME, DELIVERED, RELEASE } from './verification-scripts.ts';

/**
 * A code that was made for a number. `nonce` is another for each code; `codeHash`: keyed hash of nonce and code; `message`:
 * number, code and expiry, sealed, until the code is delivered. `expiresAt`: milliseconds since the epoch.
 */
export type Verification = { nonce: string; codeHash: string; message: string; expiresAt: number };

/** Milliseconds for which the right code belongs to one login: longer than it takes to make an account. */
const LEASE = 30_000;

/**
 * Hash `verification` for each number, by the number's keyed hash (`id`), gone when the code expires: a new code replaces the
 * former. While the code is to be delivered, or waits in the outbox, the id is in `due:verification`.
 */
export function createVerifications(redis: Redis, keys: Keys) {
  const run = (script: string, id: string, ...args: string[]) =>
    redis.eval(script, { keys: [keys.verification(id), keys.due('verification', id)], arguments: [id, ...args] });

  return {
    async start(id: string, { expiresAt, ...fields }: Verification, tries: number, now: number): Promise<void> {
      await redis
        .multi()
        .del(keys.verification(id))
        .hSet(keys.verification(id), { ...fields, expiresAt, tries })
        .pExpireAt(keys.verification(id), expiresAt)
        .zAdd(keys.due('verification', id), { value: id, score: now + GRACE })
        .exec();
    },

    /** Uses up one try: what the code must hash to. Undefined when there is no such code, no try left, or a login under way. */
    async attempt(id: string, nonce: string, now: number): Promise<string | undefined> {
      return ((await run(ATTEMPT, id, nonce, `${now}`)) as string | null) ?? undefined;
    },

    /**
     * For the one who has the right code: a stamp, which nobody else gets for half a minute. Whoever dies with it has not
     * used up the code.
     */
    async claim(id: string, nonce: string, now: number): Promise<string | undefined> {
      const stamp = newStamp();
      return (await run(CLAIM, id, nonce, `${now}`, stamp, `${now + LEASE}`)) === 1 ? stamp : undefined;
    },

    /** The code is used up; false when the stamp no longer holds. */
    async consume(id: string, stamp: string): Promise<boolean> {
      return (await run(CONSUME, id, stamp)) === 1;
    },

    /** The login came to nothing through no fault of the caller: code and try are given back. */
    async release(id: string, stamp: string): Promise<void> {
      await run(RELEASE, id, stamp);
    },

    /** What is still to be delivered. */
    async undelivered(id: string): Promise<Omit<Verification, 'codeHash'> | undefined> {
      const { nonce, message, expiresAt } = await redis.hGetAll(keys.verification(id));
      return nonce && message ? { nonce, message, expiresAt: Number(expiresAt) } : undefined;
    },

    /** Forgets the code itself; a newer one stays to be delivered. */
    async delivered(id: string, nonce: string): Promise<void> {
      await run(DELIVERED, id, nonce);
    },

    /** The ids of all that wait. */
    async waiting(): Promise<string[]> {
      const parts = allPartitions().map((partition) => redis.zRange(keys.duePart('verification', partition), 0, -1));
      return (await Promise.all(parts)).flat();
    },
  };
}

import type { Redis } from '../../runtime/redis.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { dueOf } from '../base/makes-due.ts';
import { newStamp } from '../base/marks.ts';
import { allPartitions } from '../base/partitions.ts';
import { ATTEMPT, CLAIM, CONSUME, DELIVERED, RELEASE } from './verification-scripts.ts';

/**
 * A code that was made for a number. `codeHash`: keyed hash of the code and a nonce. `message`:
 * number and code, sealed; kept until the code is delivered. `expiresAt`: milliseconds since the
 * epoch.
 */
export type Verification = { codeHash: string; message: string; expiresAt: number };

/** Milliseconds for which the right code belongs to one login: longer than it takes to make an account. */
const LEASE = 30_000;

/**
 * A hash `verification` for each code. Its `id` is a keyed hash of the number and a nonce, so that
 * asking for another code of the same number changes nothing about this one. It goes when the code
 * expires. While the code is to be delivered, or waits in the outbox, the id is in
 * `due:verification`.
 */
export function createVerifications(redis: Redis, keys: Keys) {
  const places = (id: string) => ({ verification: keys.verification(id), due: dueOf(keys, 'codeMade', id) });

  return {
    async start(id: string, { expiresAt, ...fields }: Verification, tries: number, now: number): Promise<void> {
      await redis
        .multi()
        .hSet(keys.verification(id), { ...fields, expiresAt, tries })
        .pExpireAt(keys.verification(id), expiresAt)
        .zAdd(dueOf(keys, 'codeMade', id), { value: id, score: now + GRACE })
        .exec();
    },

    /** Uses up one try: what the code must hash to. Undefined when there is no such code, no try left, or a login under way. */
    async attempt(id: string, now: number): Promise<string | undefined> {
      return (await ATTEMPT.run(redis, places(id), { now })) ?? undefined;
    },

    /**
     * To be called with the right code: claims it for this login and returns a stamp. Nobody else
     * gets one for half a minute. If the process dies with it, the code is not used up.
     */
    async claim(id: string, now: number): Promise<string | undefined> {
      const stamp = newStamp();
      const claimed = await CLAIM.run(redis, places(id), { now, stamp, claimedUntil: now + LEASE });
      return claimed ? stamp : undefined;
    },

    /** The code is used up; false when the stamp no longer holds. */
    async consume(id: string, stamp: string): Promise<boolean> {
      return CONSUME.run(redis, places(id), { id, stamp });
    },

    /** The login came to nothing through no fault of the caller: code and try are given back. */
    async release(id: string, stamp: string): Promise<void> {
      await RELEASE.run(redis, places(id), { stamp });
    },

    /** What is still to be delivered. */
    async undelivered(id: string): Promise<Omit<Verification, 'codeHash'> | undefined> {
      const { message, expiresAt } = await redis.hGetAll(keys.verification(id));
      return message ? { message, expiresAt: Number(expiresAt) } : undefined;
    },

    /** Forgets the code itself. */
    async delivered(id: string): Promise<void> {
      await DELIVERED.run(redis, places(id), { id });
    },

    /** The ids of all that wait. */
    async waiting(): Promise<string[]> {
      const parts = allPartitions().map((partition) => redis.zRange(keys.duePart('verification', partition), 0, -1));
      return (await Promise.all(parts)).flat();
    },
  };
}

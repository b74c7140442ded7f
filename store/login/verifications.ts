import type { Redis } from '../../runtime/redis/redis.ts';
import { type Fence, newFence } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { allPartitions } from '../base/partitions.ts';
import { GRACE } from '../due/due.ts';
import { dueOf, duePartOf } from '../due/makes-due.ts';
import { ATTEMPT, CONSUME, DELIVERED, GIVE_BACK, RESERVE } from './verification-scripts.ts';

/**
 * A code that was made for a number. `codeHash`: keyed hash of the code and a nonce. `message`:
 * number and code, sealed; kept until the code is delivered. `expiresAt`: milliseconds since the
 * epoch.
 */
export type Verification = { codeHash: string; message: string; expiresAt: number };

/** Milliseconds for which the right code belongs to one login: longer than it takes to make an account. */
const RESERVED = 30_000;

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
     * To be called with the right code: reserves it for this login, for half a minute. Undefined when
     * another login has reserved it. A process that dies meanwhile has not used the code up. Fields
     * `claim` (the fence) and `claimedUntil` of the hash.
     */
    async reserve(id: string, now: number): Promise<Fence | undefined> {
      const fence = newFence();
      const reserved = await RESERVE.run(redis, places(id), { now, fence, reservedUntil: now + RESERVED });
      return reserved ? fence : undefined;
    },

    /** The code is used up; false when it is no longer reserved for this login. */
    async consume(id: string, fence: Fence): Promise<boolean> {
      return CONSUME.run(redis, places(id), { id, fence });
    },

    /** The login came to nothing through no fault of the caller: code and try are given back. */
    async giveBack(id: string, fence: Fence): Promise<void> {
      await GIVE_BACK.run(redis, places(id), { fence });
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
      const parts = allPartitions().map((partition) => redis.zRange(duePartOf(keys, 'codeMade', partition), 0, -1));
      return (await Promise.all(parts)).flat();
    },
  };
}

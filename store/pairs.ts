import type { Redis } from '../runtime/redis.ts';
import { GRACE } from './due.ts';
import type { Keys } from './keys.ts';
import { clearSeen, type Marks, newStamp } from './marks.ts';

export type Pairs = ReturnType<typeof createPairs>;

/** How many pairs are marked in one round trip. */
const BATCH = 500;

/**
 * Pairs that have to be decided again (hash `dirty-pairs`: other id → stamp, at each end), numbers whose owner changed
 * (hash `announced`), and whom a subscriber has turned down (set `declined` of ids).
 */
export function createPairs(redis: Redis, keys: Keys) {
  return {
    /** Marks the pairs of `id` with each of the others at both ends. Both ends decide for themselves. */
    async touch(id: string, others: readonly string[], now: number): Promise<void> {
      for (let from = 0; from < others.length; from += BATCH) {
        const part = others.slice(from, from + BATCH);
        const stamp = newStamp();
        const batch = redis.multi();
        batch.zAdd(
          keys.due('reconcile'),
          [id, ...part].map((value) => ({ value, score: now + GRACE })),
          { comparison: 'LT' },
        );
        batch.hSet(keys.dirtyPairs(id), part.flatMap((other) => [other, stamp]) as never);
        for (const other of part) batch.hSet(keys.dirtyPairs(other), id, stamp);
        await batch.execAsPipeline();
      }
    },

    async dirty(id: string): Promise<Marks> {
      return redis.hGetAll(keys.dirtyPairs(id));
    },

    async clearDirty(id: string, seen: Marks): Promise<void> {
      await clearSeen(redis, keys.dirtyPairs(id), seen);
    },

    async announced(id: string): Promise<Marks> {
      return redis.hGetAll(keys.announced(id));
    },

    async clearAnnounced(id: string, seen: Marks): Promise<void> {
      await clearSeen(redis, keys.announced(id), seen);
    },

    /** For each (who, other): `who` has turned `other` down. */
    async declined(pairs: readonly { who: string; other: string }[]): Promise<boolean[]> {
      if (pairs.length === 0) return [];
      const batch = redis.multi();
      for (const { who, other } of pairs) batch.sIsMember(keys.declined(who), other);
      return (await batch.execAsPipeline()).map((reply) => Number(reply) === 1);
    },

    async decline(id: string, other: string): Promise<void> {
      await redis.sAdd(keys.declined(id), other);
    },

    async undecline(id: string, others: readonly string[]): Promise<void> {
      if (others.length > 0) await redis.sRem(keys.declined(id), [...others]);
    },
  };
}

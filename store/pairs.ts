import type { Redis } from '../runtime/redis.ts';
import { GRACE } from './due.ts';
import type { Keys } from './keys.ts';
import { clearSeen, type Marks, newStamp } from './marks.ts';
import { askSubscribers, type Batch, byPartition, packNumberKey } from './partitions.ts';

export type Pairs = ReturnType<typeof createPairs>;

/** How many pairs are marked in one round trip. */
const BATCH = 500;

/**
 * Pairs that have to be decided again (hash `dirty-pairs`: other id → stamp, at each end), numbers whose owner changed
 * (hash `announced`), and whom a subscriber has turned down: hash `declined` (other id → the packed number keys that the other
 * had then; empty once they have left the books, until the pair is marked for deciding anew).
 */
export function createPairs(redis: Redis, keys: Keys) {
  /** Marks subscribers and makes them due, in one step for each partition. */
  async function mark(ids: readonly string[], write: (batch: Batch, id: string) => void, now: number): Promise<void> {
    await Promise.all(
      [...byPartition(ids)].map(async ([partition, part]) => {
        const batch = redis.multi();
        const due = part.map((value) => ({ value, score: now + GRACE }));
        batch.zAdd(keys.duePart('reconcile', partition), due, { comparison: 'LT' });
        for (const id of part) write(batch, id);
        await batch.exec();
      }),
    );
  }

  return {
    /** Marks the pairs of `id` with each of the others at both ends. Both ends decide for themselves. */
    async touch(id: string, others: readonly string[], now: number): Promise<void> {
      for (let from = 0; from < others.length; from += BATCH) {
        const part = others.slice(from, from + BATCH);
        const stamp = newStamp();
        const own = part.flatMap((other) => [other, stamp]);
        await mark([id], (batch) => batch.hSet(keys.dirtyPairs(id), own as never), now);
        await mark(part, (batch, other) => batch.hSet(keys.dirtyPairs(other), id, stamp), now);
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
      const found = await askSubscribers(
        redis,
        pairs.map(({ who }) => who),
        (batch, who, i) => batch.hGet(keys.declined(who), pairs[i]?.other ?? ''),
      );
      return found.map((numberKey) => Boolean(numberKey));
    },

    /** A no, until the last of the numbers that the other has now leaves the books of `id`. */
    async decline(id: string, other: string, numberKeys: readonly string[]): Promise<void> {
      await redis.hSet(keys.declined(id), other, Buffer.concat(numberKeys.map(packNumberKey)));
    },

    /** Who was turned down by `id` and no longer is, for as long as the pair has to be decided anew. */
    async forgiven(id: string): Promise<Marks> {
      const declined = Object.entries(await redis.hGetAll(keys.declined(id)));
      return Object.fromEntries(declined.filter(([, numberKey]) => numberKey === ''));
    },

    async clearForgiven(id: string, seen: Marks): Promise<void> {
      await clearSeen(redis, keys.declined(id), seen);
    },
  };
}

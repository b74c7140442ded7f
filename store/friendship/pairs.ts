import { RESP_TYPES } from 'redis';
import { inBatches } from '../../runtime/batches.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { scanBytes, scanned, scannedSet } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { clearSeen, type Marks, newStamp } from '../base/marks.ts';
import { askSubscribers, type Batch, byPartition, packNumberKey, unpackNumberKeys } from '../base/partitions.ts';
import { asYes, defineScript } from '../base/script.ts';
import { askSlices, slicesOf } from '../base/slices.ts';
import { GRACE } from '../due/due.ts';
import { madeDue } from '../due/makes-due.ts';

export type Pairs = ReturnType<typeof createPairs>;

/** How many pairs are marked in one round trip. */
const BATCH = 500;

/**
 * Notes, at the one who was turned down, who did so. Nothing is noted about a subscriber who is
 * gone, because nothing would ever take the note away.
 */
const NOTE_DECLINED = defineScript({
  keys: ['record', 'declinedBy'],
  args: ['id'],
  reply: asYes,
  lua: `
local state = redis.call('HGET', record, 'state')
if not state or state == 'leaving' then return 0 end
redis.call('SADD', declinedBy, id)
return 1`,
});

/** A pair to be decided. `bothEnds`: not only here, but the other end has to be brought in line, too. */
export type DirtyPair = { other: string; bothEnds: boolean; marks: Marks };

const BOTH_ENDS = 'both-ends ';

/** The field of `dirty-pairs` by which both ends of the pair with this other have to be looked at. */
export function bothEndsOf(other: string): string {
  return BOTH_ENDS + other;
}

/**
 * Pairs that have to be decided again (hash `dirty-pairs`: other id → stamp, and `both-ends <other id>` → stamp where
 * this job has to see to the other end, too), numbers whose owner changed
 * (hash `announced`), and whom a subscriber has turned down: hash `declined` (other id → the packed number keys that the other
 * had then; empty once they have left the books, until the pair is marked for deciding anew). Set `declined-by`: who has turned the
 * subscriber down, so that nothing of it is left with them when it is erased.
 */
export function createPairs(redis: Redis, keys: Keys) {
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

  /** Marks subscribers and makes them due, in one step for each partition. */
  async function mark(ids: readonly string[], write: (batch: Batch, id: string) => void, now: number): Promise<void> {
    await Promise.all(
      [...byPartition(ids)].map(async ([partition, part]) => {
        const batch = redis.multi();
        const due = part.map((value) => ({ value, score: now + GRACE }));
        for (const queue of madeDue('paired')) batch.zAdd(keys.duePart(queue, partition), due, { comparison: 'LT' });
        for (const id of part) write(batch, id);
        await batch.exec();
      }),
    );
  }

  /** False when the other is no subscriber any more. */
  async function noteDeclined(id: string, other: string): Promise<boolean> {
    return NOTE_DECLINED.run(redis, { record: keys.subscriber(other), declinedBy: keys.declinedBy(other) }, { id });
  }

  /** These know no more that `id` has turned them down. */
  async function forgetAt(others: readonly string[], id: string): Promise<void> {
    await askSubscribers(redis, others, (batch, other) => batch.sRem(keys.declinedBy(other), id));
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

    /**
     * Marks the pairs of `id` with each of the others here alone: the job that decides them sees to
     * the other ends, too.
     */
    async markBothEnds(id: string, others: readonly string[], now: number): Promise<void> {
      const stamp = newStamp();
      for (const part of inBatches(others, BATCH)) {
        const fields = part.flatMap((other) => [bothEndsOf(other), stamp]);
        await mark([id], (batch) => batch.hSet(keys.dirtyPairs(id), fields as never), now);
      }
    },

    async dirty(id: string): Promise<DirtyPair[]> {
      const pairs = new Map<string, DirtyPair>();
      for (const [field, stamp] of Object.entries(await scanned(redis, keys.dirtyPairs(id)))) {
        const bothEnds = field.startsWith(BOTH_ENDS);
        const other = bothEnds ? field.slice(BOTH_ENDS.length) : field;
        const pair = pairs.get(other) ?? { other, bothEnds, marks: {} };
        pair.bothEnds ||= bothEnds;
        pair.marks[field] = stamp;
        pairs.set(other, pair);
      }
      return [...pairs.values()];
    },

    async clearDirty(id: string, seen: Marks): Promise<void> {
      await clearSeen(redis, keys.dirtyPairs(id), seen);
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

    /** For each of the others: `id` has turned it down. */
    async declinedEach(id: string, others: readonly string[]): Promise<boolean[]> {
      return (await askSlices(others, (some) => redis.hmGet(keys.declined(id), some))).map(Boolean);
    },

    /** `id` turns the other down. The no lasts until the last of these numbers of the other has left the books of `id`. */
    async decline(id: string, other: string, numberKeys: readonly string[]): Promise<void> {
      await redis.hSet(keys.declined(id), other, Buffer.concat(numberKeys.map(packNumberKey)));
      if (!(await noteDeclined(id, other))) await redis.hDel(keys.declined(id), other);
    },

    /** Everybody whom `id` has turned down, with the number keys that ended in that no. */
    async declinedAll(id: string): Promise<{ other: string; numberKeys: string[] }[]> {
      const declined = new Map<string, Buffer>();
      for await (const [other, packed] of scanBytes(binary, keys.declined(id))) declined.set(`${other}`, packed);
      return [...declined].map(([other, packed]) => ({ other, numberKeys: unpackNumberKeys(packed) }));
    },

    async declinedBy(id: string): Promise<string[]> {
      return scannedSet(redis, keys.declinedBy(id));
    },

    /** Drops the noes to these others, who are gone or leaving. */
    async forgetDeclined(id: string, others: readonly string[]): Promise<void> {
      for (const some of slicesOf(others)) await redis.hDel(keys.declined(id), some);
    },

    /** `id` leaves: those whom it turned down forget it. */
    async withdrawNoes(id: string): Promise<void> {
      await forgetAt(Object.keys(await scanned(redis, keys.declined(id))), id);
    },

    /** Who was turned down by `id` and no longer is, for as long as the pair has to be decided anew. */
    async forgiven(id: string): Promise<Marks> {
      const declined = Object.entries(await scanned(redis, keys.declined(id)));
      return Object.fromEntries(declined.filter(([, numberKey]) => numberKey === ''));
    },

    async clearForgiven(id: string, seen: Marks): Promise<void> {
      await forgetAt(Object.keys(seen), id);
      await clearSeen(redis, keys.declined(id), seen);
      // Whoever was turned down again meanwhile keeps the note of it.
      const others = Object.keys(seen);
      const present = await askSlices(others, (some) => redis.hmGet(keys.declined(id), some));
      for (const [i, other] of others.entries()) if (present[i] !== null) await noteDeclined(id, other);
    },
  };
}

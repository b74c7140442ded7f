import { queuesThat } from '../../runtime/queue/queue-table.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { DueName, Keys } from '../base/keys.ts';
import { allPartitions, byPartition } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { type WhereDue, whereDue } from './where-due.ts';

/** Milliseconds after which work that was asked for and not done is asked for again. */
export const GRACE = 3_000;
/** How many `spread` takes at a time. */
const SPREAD = 1_000;
/** Milliseconds until the sweep looks again at what it has put back into a queue. */
export const AGAIN = 10_000;

/**
 * Takes out those whose time has come and puts them off, in one step: two sweeps must not both have
 * them.
 */
const TAKE = defineScript({
  keys: ['due'],
  args: ['now', 'again', 'most'],
  reply: as<string[]>,
  lua: `
local ids = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, most)
for _, id in ipairs(ids) do redis.call('ZADD', due, again, id) end
return ids`,
});

/**
 * Takes the due time away if no hash of marks has something in it: one that is made in between must
 * keep it.
 */
const SETTLE = defineScript({
  keys: ['due'],
  keyList: 'marks',
  args: ['id'],
  lua: `
for _, hash in ipairs(marks) do if redis.call('EXISTS', hash) == 1 then return end end
redis.call('ZREM', due, id)`,
});

const POSTPONE = defineScript({
  keys: ['due'],
  args: ['id', 'seen', 'time'],
  lua: `
if tonumber(redis.call('ZSCORE', due, id) or '') ~= tonumber(seen) then return end
if time == '' then redis.call('ZREM', due, id)
else redis.call('ZADD', due, time, id) end`,
});

export type Due = ReturnType<typeof createDue>;

/**
 * For each queue, and for the budgets to be refilled: who has to be looked at, and when at the latest (a sorted set of subscriber ids by milliseconds since
 * the epoch; one for each partition, so that it changes in one step with its subscribers). The mark is made with the state it speaks of, so a process that dies before it has put the job
 * into the queue loses nothing: the sweep finds the mark. The component takes its queues from there by `createDueAtHome`.
 */
export function createDue(redis: Redis, keys: Keys) {
  async function isMarked(queue: DueName, id: string): Promise<boolean> {
    return (await redis.zScore(keys.due(queue, id), id)) !== null;
  }

  return {
    /** Where in these queues somebody's time has come. */
    where: (queues: readonly DueName[], now: number): Promise<WhereDue> =>
      whereDue(redis, keys, queues, [['-inf', now]]),

    /** Subscribers whose time has come, up to `most` of each of these partitions; each is given to one caller only, for ten seconds. */
    async take(
      queue: DueName,
      now: number,
      most: number,
      partitions: readonly number[] = allPartitions(),
    ): Promise<string[]> {
      const parts = partitions.map((partition) =>
        TAKE.run(redis, { due: keys.duePart(queue, partition) }, { now, again: now + AGAIN, most }),
      );
      return (await Promise.all(parts)).flat();
    },

    /** Takes the mark away unless one of these hashes of marks has something in it again. */
    async settle(queue: DueName, id: string, marks: readonly string[]): Promise<void> {
      await SETTLE.run(redis, { due: keys.due(queue, id), marks }, { id });
    },

    isMarked,

    /** Whether anything is still to be undone before somebody who leaves is forgotten, the accounts apart. */
    async holdErasure(id: string): Promise<boolean> {
      const marks = await Promise.all(queuesThat('holdsErasure').map((queue) => isMarked(queue, id)));
      return marks.includes(true);
    },

    /** Looks at the subscriber again at `time` at the earliest: for trouble that no quick retry will mend. */
    async postpone(queue: DueName, id: string, time: number): Promise<void> {
      await redis.zAdd(keys.due(queue, id), { value: id, score: time });
    },

    /** When somebody is due; undefined for who is not. In milliseconds since the epoch. */
    async at(queue: DueName, id: string): Promise<number | undefined> {
      return (await redis.zScore(keys.due(queue, id), id)) ?? undefined;
    },

    /** As `postpone`, unless anybody has said otherwise since it was due at the time `seen`. Without `time` it is due no more. */
    async postponeFrom(queue: DueName, id: string, seen: number | undefined, time: number | undefined): Promise<void> {
      await POSTPONE.run(redis, { due: keys.due(queue, id) }, { id, seen, time });
    },

    /** As `postpone`, for many. */
    async postponeAll(queue: DueName, ids: readonly string[], time: number): Promise<void> {
      await Promise.all(
        [...byPartition(ids)].map(([partition, part]) =>
          redis.zAdd(
            keys.duePart(queue, partition),
            part.map((value) => ({ value, score: time })),
          ),
        ),
      );
    },

    /** Nobody is due there any more. */
    async drop(queue: DueName): Promise<void> {
      await Promise.all(allPartitions().map((partition) => redis.del(keys.duePart(queue, partition))));
    },

    /**
     * Whoever is due in the one queue is due in the other, one every `pace` milliseconds from `now` on, unless sooner. Reads and
     * writes a thousand at a time.
     */
    async spread(from: DueName, to: DueName, now: number, pace: number): Promise<void> {
      let before = 0;
      for (const partition of allPartitions())
        for (let rank = 0; ; rank += SPREAD) {
          const ids = await redis.zRange(keys.duePart(from, partition), rank, rank + SPREAD - 1);
          if (ids.length === 0) break;
          const dues = ids.map((value, i) => ({ value, score: now + (before + i) * pace }));
          before += ids.length;
          await redis.zAdd(keys.duePart(to, partition), dues, { comparison: 'LT' });
        }
    },

    async waiting(queue: DueName): Promise<number> {
      const counts = allPartitions().map((partition) => redis.zCard(keys.duePart(queue, partition)));
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
  };
}

import type { Policy } from '../../domain/friendship/association.ts';
import type { Redis } from '../../runtime/redis.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { madeDue } from '../base/makes-due.ts';
import { clearOne, newStamp } from '../base/marks.ts';
import { allPartitions, byPartition, partitionOf } from '../base/partitions.ts';
import { defineScript } from '../base/script.ts';
import type { createRoll } from '../subscriber/roll.ts';
import { keysOf, type Subscriber } from '../subscriber/subscriber-record.ts';

/** `subscribers`: how many it is about; `done`: how many of them are through. */
export type Progress = { state: 'none' | 'running' | 'done'; subscribers: number; done: number };

/** The next page of a round; `run` tells one round from another. */
export type NextPage = { run: string; page: number };

/**
 * Counts a page of the round and goes on to the next, once: other workers may have marked the same
 * page.
 */
const REACH = defineScript({
  keys: ['round'],
  args: ['run', 'page', 'marked'],
  lua: `
if redis.call('HGET', round, 'run') ~= run or redis.call('HGET', round, 'next') ~= page then return end
redis.call('HINCRBY', round, 'next', 1)
redis.call('HINCRBY', round, 'marked', marked)`,
});

/**
 * One round through everybody at the operator's wish: hash `reconciliation` (run, pages, next page, subscribers, how many are
 * marked; and the policy and the names of the keys in force), and a hash `rechecks` for each partition (id → stamp) of those whose reconcile job has to look at everything.
 */
export function createReconciliation(redis: Redis, roll: ReturnType<typeof createRoll>, keys: Keys) {
  async function waiting(): Promise<number> {
    const counts = allPartitions().map((partition) => redis.hLen(keys.rechecks(partition)));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async function plan(): Promise<Record<string, string | number>> {
    const [pages, subscribers] = [await roll.pages(), await roll.count()];
    return { run: newStamp(), pages, next: 0, subscribers, marked: 0 };
  }

  return {
    /** The policy in force: that of the worker that started last; undefined before the first. */
    async policy(): Promise<Policy | undefined> {
      return ((await redis.hGet(keys.reconciliation, 'policy')) ?? undefined) as Policy | undefined;
    },

    /** Names of the operator's keys in use by the worker that started last; undefined before the first. */
    async keyIds(): Promise<string | undefined> {
      return (await redis.hGet(keys.reconciliation, 'keyIds')) ?? undefined;
    },

    /** From now on somebody who is made under other keys is looked at by a reconcile job in any case. */
    async adoptKeys(keyIds: string): Promise<void> {
      await redis.hSet(keys.reconciliation, { keyIds });
    },

    /** Puts a policy in force, and begins a round with it in the same step when it is another one; true then. */
    async adopt(policy: Policy): Promise<boolean> {
      const before = await redis.hGet(keys.reconciliation, 'policy');
      const changed = before !== null && before !== policy;
      await redis.hSet(keys.reconciliation, { policy, ...(changed ? await plan() : {}) });
      return changed;
    },

    /** Begins a round, or begins the one under way anew. Returns how many subscribers it is about. */
    async begin(): Promise<number> {
      const planned = await plan();
      await redis.hSet(keys.reconciliation, planned);
      return Number(planned.subscribers);
    },

    /** Undefined when everybody is marked. */
    async next(): Promise<NextPage | undefined> {
      const { run, pages, next } = await redis.hGetAll(keys.reconciliation);
      return run !== undefined && Number(next) < Number(pages) ? { run, page: Number(next) } : undefined;
    },

    /** The page is marked; of several workers who did the same page one counts. */
    async reach({ run, page }: NextPage, marked: number): Promise<void> {
      await REACH.run(redis, { round: keys.reconciliation }, { run, page, marked });
    },

    /** Asks the subscribers' own reconcile jobs to look at everything; announcing a number keeps the job due until it is done. */
    async mark(subscribers: readonly Subscriber[], now: number): Promise<void> {
      const byId = new Map(subscribers.map((subscriber) => [subscriber.id, subscriber]));
      await Promise.all(
        [...byPartition([...byId.keys()])].map(async ([partition, ids]) => {
          const stamp = newStamp();
          const batch = redis.multi();
          const due = ids.map((value) => ({ value, score: now + GRACE }));
          for (const queue of madeDue('recheck')) batch.zAdd(keys.duePart(queue, partition), due, { comparison: 'LT' });
          batch.hSet(keys.rechecks(partition), Object.fromEntries(ids.map((id) => [id, stamp])));
          for (const id of ids)
            for (const key of keysOf(byId.get(id) as Subscriber)) batch.hSet(keys.announced(id), key, stamp);
          await batch.exec();
        }),
      );
    },

    /** The stamp of the wish; undefined when nobody has asked. */
    async wish(id: string): Promise<string | undefined> {
      return (await redis.hGet(keys.rechecks(partitionOf(id)), id)) ?? undefined;
    },

    /** Done, unless it was asked for again meanwhile. */
    async fulfil(id: string, stamp: string): Promise<void> {
      await clearOne(redis, keys.rechecks(partitionOf(id)), id, stamp);
    },

    async progress(): Promise<Progress> {
      const { run, pages, next, subscribers, marked } = await redis.hGetAll(keys.reconciliation);
      if (run === undefined) return { state: 'none', subscribers: 0, done: 0 };
      const open = await waiting();
      const running = Number(next) < Number(pages) || open > 0;
      // Some of them have left meanwhile, or are not there yet.
      const done = running ? Math.max(0, Number(marked) - open) : Number(subscribers);
      return { state: running ? 'running' : 'done', subscribers: Number(subscribers), done };
    },
  };
}

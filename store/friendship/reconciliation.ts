import type { Policy } from '../../domain/friendship/association.ts';
import type { Redis } from '../../runtime/redis.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { madeDue } from '../base/makes-due.ts';
import { clearOne, newStamp } from '../base/marks.ts';
import { allPartitions, byPartition, partitionOf } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import type { createRoll } from '../subscriber/roll.ts';
import { keysOf, type Subscriber } from '../subscriber/subscriber-record.ts';

/** `subscribers`: how many it is about; `done`: how many of them are through. */
export type Progress = { state: 'none' | 'running' | 'done'; subscribers: number; done: number };

/** A page of a round; `run` tells one round from another. `policy`: the one in force, where there is one. */
export type NextPage = { run: string; page: number; policy: Policy | undefined };

/** Milliseconds after which another worker takes a page that nobody has come to the end of. */
const LEASE = 20_000;

/**
 * Takes a page for one worker: one whose worker is gone, or the next. In one step, so that several
 * workers have different ones; and with the policy, so that a page is looked at by the one for which
 * the round was begun. Leases of former rounds go.
 */
const TAKE = defineScript({
  keys: ['round', 'leases'],
  args: ['now', 'untilTime'],
  reply: as<[run: string, page: string, policy: string] | null>,
  lua: `
local state = redis.call('HMGET', round, 'run', 'pages', 'next', 'policy')
local run, pages, nextOne, policy = state[1], tonumber(state[2] or 0), tonumber(state[3] or 0), state[4] or ''
if not run then return nil end
local page
local held = redis.call('HGETALL', leases)
for i = 1, #held, 2 do
  local ofRun, ofPage = string.match(held[i], '^(.*) (%d+)$')
  if ofRun ~= run then redis.call('HDEL', leases, held[i])
  elseif not page and tonumber(held[i + 1]) <= tonumber(now) then page = ofPage end
end
if not page then
  if nextOne >= pages then return nil end
  page = string.format('%d', nextOne)
  redis.call('HINCRBY', round, 'next', 1)
end
redis.call('HSET', leases, run .. ' ' .. page, untilTime)
return { run, page, policy }`,
});

/** Counts a page of the round, once: another worker may have taken it over. */
const REACH = defineScript({
  keys: ['round', 'leases'],
  args: ['lease', 'run', 'done'],
  lua: `
if redis.call('HDEL', leases, lease) == 0 or redis.call('HGET', round, 'run') ~= run then return end
redis.call('HINCRBY', round, 'marked', done)`,
});

/**
 * One round through everybody at the operator's wish: hash `reconciliation` (run, pages, next page, subscribers, how many are
 * right or marked; and the policy and the names of the keys in force), hash `{reconciliation}:pages` (those that a worker has taken, with
 * their round → until when nobody else takes them), and a hash `rechecks` for each partition (id → stamp) of those whose reconcile job has to look at everything.
 */
export function createReconciliation(redis: Redis, roll: ReturnType<typeof createRoll>, keys: Keys) {
  const round = { round: keys.reconciliation, leases: keys.roundLeases };

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

    /** A page that nobody else looks at; undefined when there is none left. */
    async take(now: number): Promise<NextPage | undefined> {
      const taken = await TAKE.run(redis, round, { now, untilTime: now + LEASE });
      if (!taken) return undefined;
      const [run, page, policy] = taken;
      return { run, page: Number(page), policy: policy === '' ? undefined : (policy as Policy) };
    },

    /** So many of the page are right or marked; of several workers who did the same page one counts. */
    async reach({ run, page }: NextPage, done: number): Promise<void> {
      await REACH.run(redis, round, { lease: `${run} ${page}`, run, done });
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
      const [open, taken] = await Promise.all([waiting(), redis.hKeys(keys.roundLeases)]);
      const isUnderWay = taken.some((lease) => lease.startsWith(`${run} `));
      const running = Number(next) < Number(pages) || isUnderWay || open > 0;
      // Some of them have left meanwhile, or are not there yet.
      const done = running ? Math.max(0, Number(marked) - open) : Number(subscribers);
      return { state: running ? 'running' : 'done', subscribers: Number(subscribers), done };
    },
  };
}

import type { Policy } from '../../domain/friendship/association.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { type Fence, IS_STILL, newFence } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { clearOne, newStamp } from '../base/marks.ts';
import { allPartitions, byPartition, partitionOf } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { GRACE } from '../due/due.ts';
import { madeDue } from '../due/makes-due.ts';
import type { createRoll } from '../subscriber/roll.ts';
import { keysOf, type Subscriber } from '../subscriber/subscriber-record.ts';

/** `subscribers`: how many it is about; `done`: how many of them are through. */
export type Progress = { state: 'none' | 'running' | 'done'; subscribers: number; done: number };

/** A page of a round. `round`: its fence. `policy`: the one in force, where there is one. */
export type NextPage = { round: Fence; page: number; policy: Policy | undefined };

/** Milliseconds after which another worker takes a page that nobody has come to the end of. */
const LEASE = 20_000;

/**
 * Leases the next page to one worker, or one whose lease is over as its worker is gone. In one step,
 * so that several workers have different pages; the policy is answered in the same step, so that a
 * page is looked at by the policy for which its round was begun. Leases of former rounds are dropped.
 */
const TAKE = defineScript({
  keys: ['progress', 'leases'],
  args: ['now', 'untilTime'],
  reply: as<[round: string, page: string, policy: string] | null>,
  lua: `
local state = redis.call('HMGET', progress, 'run', 'pages', 'next', 'policy')
local round, pages, nextOne, policy = state[1], tonumber(state[2] or 0), tonumber(state[3] or 0), state[4] or ''
if not round then return nil end
local page
local held = redis.call('HGETALL', leases)
for i = 1, #held, 2 do
  local ofRound, ofPage = string.match(held[i], '^(.*) (%d+)$')
  if ofRound ~= round then redis.call('HDEL', leases, held[i])
  elseif not page and tonumber(held[i + 1]) <= tonumber(now) then page = ofPage end
end
if not page then
  if nextOne >= pages then return nil end
  page = string.format('%d', nextOne)
  redis.call('HINCRBY', progress, 'next', 1)
end
redis.call('HSET', leases, round .. ' ' .. page, untilTime)
return { round, page, policy }`,
});

/** Counts a page of the round, once: another worker may have taken it over. */
const REACH = defineScript({
  uses: [IS_STILL],
  keys: ['progress', 'leases'],
  args: ['lease', 'round', 'done'],
  lua: `
if redis.call('HDEL', leases, lease) == 0 or not isStill(progress, 'run', round) then return end
redis.call('HINCRBY', progress, 'marked', done)`,
});

/**
 * One round through everybody at the operator's wish: hash `reconciliation` (the round's fence in the field `run`, pages, next page, subscribers, how many are
 * right or marked; and the policy and the names of the keys in force), hash `{reconciliation}:pages` (those that a worker has taken, with
 * their round → until when nobody else takes them), and a hash `rechecks` for each partition (id → stamp) of those whose reconcile job has to look at everything.
 */
export function createReconciliation(redis: Redis, roll: ReturnType<typeof createRoll>, keys: Keys) {
  const places = { progress: keys.reconciliation, leases: keys.roundLeases };

  async function waiting(): Promise<number> {
    const counts = allPartitions().map((partition) => redis.hLen(keys.rechecks(partition)));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async function plan(): Promise<Record<string, string | number>> {
    const [pages, subscribers] = [await roll.pages(), await roll.count()];
    return { run: newFence(), pages, next: 0, subscribers, marked: 0 };
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

    /** Notes the names of the keys in use: from now on whoever is added under others gets a reconcile job. */
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

    /** Whether a page may be left, as far as can be told by two looks at keys that are mostly not there. */
    async isOpen(): Promise<boolean> {
      const [[pages, next], taken] = await Promise.all([
        redis.hmGet(keys.reconciliation, ['pages', 'next']),
        redis.exists(keys.roundLeases),
      ]);
      return taken > 0 || Number(next) < Number(pages);
    },

    /** A page that nobody else looks at; undefined when there is none left. */
    async take(now: number): Promise<NextPage | undefined> {
      const taken = await TAKE.run(redis, places, { now, untilTime: now + LEASE });
      if (!taken) return undefined;
      const [round, page, policy] = taken;
      return { round, page: Number(page), policy: policy === '' ? undefined : (policy as Policy) };
    },

    /** So many of the page are right or marked; of several workers who did the same page one counts. */
    async reach({ round, page }: NextPage, done: number): Promise<void> {
      await REACH.run(redis, places, { lease: `${round} ${page}`, round, done });
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
      const { run: round, pages, next, subscribers, marked } = await redis.hGetAll(keys.reconciliation);
      if (round === undefined) return { state: 'none', subscribers: 0, done: 0 };
      const [open, taken] = await Promise.all([waiting(), redis.hKeys(keys.roundLeases)]);
      const isUnderWay = taken.some((lease) => lease.startsWith(`${round} `));
      const running = Number(next) < Number(pages) || isUnderWay || open > 0;
      // Some of them have left meanwhile, or are not there yet.
      const done = running ? Math.max(0, Number(marked) - open) : Number(subscribers);
      return { state: running ? 'running' : 'done', subscribers: Number(subscribers), done };
    },
  };
}

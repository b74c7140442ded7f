import type { Redis } from '../../runtime/redis/redis.ts';
import { type Keys, WATCHED } from '../base/keys.ts';
import { allPartitions, partitionOf } from '../base/partitions.ts';
import { defineLua, defineScript } from '../base/script.ts';
import { AGAIN, GRACE, TAKE } from './due.ts';

/**
 * Lua: `noteWatched(id, dueAt)`: something has changed that a subscription may want to hear of: for the
 * script that makes the change, in the same step. Where nobody has subscribed it is one look at a key
 * that is not there, for however many a script changes, and nothing is written. `dueAt`: as for a job, `GRACE` from now. Who waits already
 * keeps its place; of one who was taken the fraction goes (see `TAKE`).
 */
export const NOTE_WATCHED = defineLua({
  keys: ['watchers', 'watched'],
  lua: `
local areWatched
local function noteWatched(id, dueAt)
  if areWatched == nil then areWatched = redis.call('EXISTS', watchers) end
  if areWatched == 0 then return end
  local changed = dueAt - ${GRACE}
  local was = math.floor(tonumber(redis.call('ZSCORE', watched, id) or changed))
  redis.call('ZADD', watched, string.format('%.0f', math.min(was, changed)), id)
end`,
});

/** The keys of that Lua, for the subscribers of one partition. */
export function watchedPartKeys(keys: Keys, partition: number) {
  return { watchers: keys.watchers(partition), watched: keys.duePart(WATCHED, partition) };
}

/** The same for one subscriber. */
export function watchedKeys(keys: Keys, id: string) {
  return watchedPartKeys(keys, partitionOf(id));
}

/** For what is written by a MULTI. */
export const NOTE_ONE = defineScript({
  uses: [NOTE_WATCHED],
  args: ['id', 'dueAt'],
  lua: 'noteWatched(id, dueAt)',
});

/** Nobody subscribes any more by this one. Where it was the last, who was noted for it is noted for nobody: it would hold an erasure. */
const END = defineScript({
  keys: ['watchers', 'watched'],
  args: ['subscription'],
  lua: `
redis.call('SREM', watchers, subscription)
if redis.call('EXISTS', watchers) == 0 then redis.call('DEL', watched) end`,
});

/** Of a millisecond; one that is still there after a sum with milliseconds since the epoch. */
export function aFraction(): number {
  return 0.25 + Math.random() / 2;
}

/** Takes those away for whom nothing was noted since they were taken. */
const SETTLE = defineScript({
  keys: ['watched'],
  args: ['again'],
  lists: ['ids'],
  lua: `
for _, id in ipairs(ids) do
  if tonumber(redis.call('ZSCORE', watched, id) or 0) == tonumber(again) then redis.call('ZREM', watched, id) end
end`,
});

/** Those of one partition who were taken together. */
export type TakenPart = { partition: number; again: number; ids: string[] };

/**
 * Whom subscriptions have to be told of: the due list `watched`, in which whoever changes something
 * about a subscriber notes it as long as anybody has subscribed. That is a set `watchers` of each
 * partition (ids of subscriptions), so that the script which changes something finds it in its own
 * slot.
 */
export function createWatched(redis: Redis, keys: Keys) {
  const each = (ask: (partition: number) => Promise<unknown>) => Promise.all(allPartitions().map(ask));

  return {
    /** From the moment at which this has returned every change is noted. */
    async begin(subscription: string): Promise<void> {
      await each((partition) => redis.sAdd(keys.watchers(partition), subscription));
    },

    async end(subscription: string): Promise<void> {
      await each((partition) => END.run(redis, watchedPartKeys(keys, partition), { subscription }));
    },

    /** Whether something may be noted. */
    async isAny(): Promise<boolean> {
      return (await redis.exists(keys.watchers(0))) === 1;
    },

    /** Up to `most` of each partition; each is given to one caller only, for ten seconds. */
    async take(now: number, most: number): Promise<TakenPart[]> {
      const again = now + AGAIN + aFraction();
      const parts = allPartitions().map(async (partition) => {
        const words = { now, again, most };
        return { partition, again, ids: await TAKE.run(redis, { due: keys.duePart(WATCHED, partition) }, words) };
      });
      return (await Promise.all(parts)).filter(({ ids }) => ids.length > 0);
    },

    /** Every subscription has these to be told of. */
    async settle({ partition, again, ids }: TakenPart): Promise<void> {
      await SETTLE.run(redis, { watched: keys.duePart(WATCHED, partition) }, { again, ids });
    },
  };
}

import type { Listening } from '../../runtime/redis/listening.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { TELL_AT } from '../base/events.ts';
import { type Keys, WATCHED } from '../base/keys.ts';
import { allPartitions, partitionOf } from '../base/partitions.ts';
import { as, asYes, defineLua, defineScript } from '../base/script.ts';
import { AGAIN, GRACE } from './due.ts';

/** So that the time of a withdrawal is below zero, and before that of whatever else has changed. */
const EARLIER = 2 ** 43;
/**
 * Fractions of a millisecond. Of one who was taken: below a half, or above three quarters for a withdrawal. Three quarters: who was taken for a withdrawal
 * has changed since, and should the taker die the withdrawal is still to be passed on.
 */
const STILL_WITHDRAWN = 0.75;
const TAKEN_WITHDRAWN = 0.5;

/**
 * Lua: `noteWatched(id, dueAt)`: something has changed that a subscription may want to hear of: for the
 * script that makes the change, in the same step. Where nobody has subscribed it is one look at a key
 * that is not there, for however many a script changes, and nothing is written. `dueAt`: as for a job, `GRACE` from now. Who waits already
 * keeps its place; of one who was taken the fraction goes (see `TAKE`), but for what it says of a withdrawal. `withdraws`: something may be to be seen no
 * more, which sinks are told before all else: it is noted as of `EARLIER` milliseconds ago. Whoever waits for that is told, in a channel of the list's name.
 */
export const NOTE_WATCHED = defineLua({
  uses: [TELL_AT],
  keys: ['watchers', 'watched'],
  lua: `
local areWatched
local function noteWatched(id, dueAt, withdraws)
  if areWatched == nil then areWatched = redis.call('EXISTS', watchers) end
  if areWatched == 0 then return end
  local changed = dueAt - ${GRACE} - (withdraws and ${EARLIER} or 0)
  local before = redis.call('ZSCORE', watched, id)
  local was = tonumber(before or changed)
  local at = math.min(math.floor(was), changed)
  if at >= 0 and was - math.floor(was) >= ${STILL_WITHDRAWN} then at = at + ${STILL_WITHDRAWN} end
  redis.call('ZADD', watched, string.format('%.2f', at), id)
  if not before or was > changed then tellAt(watched, '') end
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
  args: ['id', 'dueAt', 'withdraws'],
  lua: `noteWatched(id, dueAt, withdraws == '1')`,
});

/** Nobody subscribes any more by this one. Where it was the last, who was noted for it is noted for nobody: it would hold an erasure. */
const END = defineScript({
  keys: ['watchers', 'watched'],
  args: ['subscription'],
  reply: asYes,
  lua: `
local was = redis.call('SREM', watchers, subscription)
if redis.call('EXISTS', watchers) == 0 then redis.call('DEL', watched) end
return was`,
});

/** Of a millisecond, below a half; one that is still there after a sum with milliseconds since the epoch. */
export function aFraction(): number {
  return 0.3 + Math.random() / 8;
}

/** As that of a queue's due list, which also says who was noted for a withdrawal: one who is not settled is taken for one again. */
const TAKE = defineScript({
  keys: ['watched'],
  args: ['now', 'again', 'most'],
  reply: as<[ids: string[], withdrawn: string[]]>,
  lua: `
local ids, withdrawn = {}, {}
local found = redis.call('ZRANGEBYSCORE', watched, '-inf', now, 'WITHSCORES', 'LIMIT', 0, most)
for i = 1, #found, 2 do
  ids[#ids + 1] = found[i]
  local at, later = tonumber(found[i + 1]), tonumber(again)
  if at < 0 or at - math.floor(at) >= ${STILL_WITHDRAWN} then
    withdrawn[#withdrawn + 1] = found[i]
    later = later + ${TAKEN_WITHDRAWN}
  end
  redis.call('ZADD', watched, string.format('%.17g', later), found[i])
end
return { ids, withdrawn }`,
});

/** Takes those away for whom nothing was noted since they were taken; a withdrawal of the others that was noted before is passed on. */
const SETTLE = defineScript({
  keys: ['watched'],
  args: ['again'],
  lists: ['ids'],
  lua: `
for _, id in ipairs(ids) do
  local at, taken = tonumber(redis.call('ZSCORE', watched, id) or 0), tonumber(again)
  if at == taken or at == taken + ${TAKEN_WITHDRAWN} then
    redis.call('ZREM', watched, id)
  elseif at - math.floor(at) == ${STILL_WITHDRAWN} then
    redis.call('ZADD', watched, string.format('%.0f', math.floor(at)), id)
  end
end`,
});

/** Those of one partition who were taken together. `withdrawn`: of whom something may be to be seen no more. */
export type TakenPart = { partition: number; again: number; ids: string[]; withdrawn: string[] };

/**
 * Whom subscriptions have to be told of: the due list `watched`, in which whoever changes something
 * about a subscriber notes it as long as anybody has subscribed. That is a set `watchers` of each
 * partition (ids of subscriptions), so that the script which changes something finds it in its own
 * slot.
 */
export function createWatched(redis: Redis, keys: Keys) {
  const each = <Answer>(ask: (partition: number) => Promise<Answer>) => Promise.all(allPartitions().map(ask));

  return {
    /** From the moment at which this has returned every change is noted. */
    async begin(subscription: string): Promise<void> {
      await each((partition) => redis.sAdd(keys.watchers(partition), subscription));
    },

    /** Whether it was noted anywhere. */
    async end(subscription: string): Promise<boolean> {
      const were = await each((partition) => END.run(redis, watchedPartKeys(keys, partition), { subscription }));
      return were.includes(true);
    },

    /** Whether something may be noted. */
    async isAny(): Promise<boolean> {
      return (await redis.exists(keys.watchers(0))) === 1;
    },

    /** Up to `most` of each partition; each is given to one caller only, for ten seconds. */
    async take(now: number, most: number): Promise<TakenPart[]> {
      const again = now + AGAIN + aFraction();
      const parts = allPartitions().map(async (partition) => {
        const [ids, withdrawn] = await TAKE.run(
          redis,
          { watched: keys.duePart(WATCHED, partition) },
          { now, again, most },
        );
        return { partition, again, ids, withdrawn };
      });
      return (await Promise.all(parts)).filter(({ ids }) => ids.length > 0);
    },

    /** Every subscription has these to be told of. */
    async settle({ partition, again, ids }: TakenPart): Promise<void> {
      await SETTLE.run(redis, { watched: keys.duePart(WATCHED, partition) }, { again, ids });
    },
  };
}

/**
 * Calls `noted` when somebody is noted, and when that may have been missed. Needs a connection of its own. `sharded`: as for
 * `createEventSource`.
 */
export async function hearWatched(
  connection: Listening,
  keys: Keys,
  sharded: boolean,
  noted: () => void,
): Promise<void> {
  connection.on('ready', noted);
  const channels = allPartitions().map((partition) => keys.duePart(WATCHED, partition));
  if (!sharded) await connection.subscribe(channels, noted);
  else await Promise.all(channels.map((channel) => connection.sSubscribe(channel, noted)));
}

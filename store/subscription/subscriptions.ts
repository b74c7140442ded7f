import type { Redis } from '../../runtime/redis/redis.ts';
import { IS_STILL } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { readRecord } from '../base/record.ts';
import { as, asYes, defineLua, defineScript } from '../base/script.ts';
import { isOver, KEPT, MOST_SUBSCRIPTIONS, type Subscription } from './subscription-record.ts';

/** Lua: `isCrowded()`: whether all have as many as there may be. What is over keeps nobody out: what has been so the longest is forgotten for it. */
const IS_CROWDED = defineLua({
  keys: ['records'],
  args: ['mostOfAll'],
  lua: `
local function isCrowded()
  if redis.call('HLEN', records) < tonumber(mostOfAll) then return false end
  local oldest, at
  local all = redis.call('HGETALL', records)
  for i = 1, #all, 2 do
    local isRead, record = pcall(cjson.decode, all[i + 1])
    local ended = isRead and record.ended
    if ended and (not at or ended.at < at) then oldest, at = all[i], ended.at end
  end
  if oldest then redis.call('HDEL', records, oldest) end
  return oldest == nil
end`,
});

/**
 * In one step, or two calls at once would go beyond the limits. What is over counts by itself: who makes and deletes them
 * without end would fill the place of all.
 */
const CREATE = defineScript({
  uses: [IS_CROWDED],
  keys: ['owned'],
  args: ['id', 'record', 'most', 'mostOver'],
  reply: as<'ok' | 'full' | 'worn' | 'crowded'>,
  lua: `
local live, over = 0, 0
for _, one in ipairs(redis.call('SMEMBERS', owned)) do
  local record = redis.call('HGET', records, one)
  if not record then redis.call('SREM', owned, one)
  elseif cjson.decode(record).ended then over = over + 1
  else live = live + 1 end
end
if live >= tonumber(most) then return 'full' end
if over >= tonumber(mostOver) then return 'worn' end
if isCrowded() then return 'crowded' end
redis.call('SADD', owned, id)
redis.call('HSET', records, id, record)
return 'ok'`,
});

/** The owner's stream from now on. The one before it goes; nobody is asked for what is left of it. */
const OPEN_STREAM = defineScript({
  uses: [IS_CROWDED],
  keys: ['streams'],
  args: ['owner', 'id', 'record'],
  reply: as<'ok' | 'crowded'>,
  lua: `
local before = redis.call('HGET', streams, owner)
if before then redis.call('HDEL', records, before) end
if isCrowded() then
  redis.call('HDEL', streams, owner)
  return 'crowded'
end
redis.call('HSET', streams, owner, id)
redis.call('HSET', records, id, record)
return 'ok'`,
});

const FORGET_STREAM = defineScript({
  uses: [IS_STILL],
  keys: ['records', 'streams'],
  args: ['owner', 'id'],
  lua: `
redis.call('HDEL', records, id)
if isStill(streams, owner, id) then redis.call('HDEL', streams, owner) end`,
});

/** Replaces the record, if it is the one that was seen. */
const REPLACE = defineScript({
  uses: [IS_STILL],
  keys: ['records'],
  args: ['id', 'seen', 'record'],
  reply: asYes,
  lua: `
if not isStill(records, id, seen) then return 0 end
redis.call('HSET', records, id, record)
return 1`,
});

function read(id: string, json: string): Subscription {
  return readRecord<Subscription>(json, `the subscription ${id}`);
}

/**
 * Subscriptions, in one slot: hash `records` (id → JSON of a `Subscription`), for each owner a set of its own, and hash `streams` (owner → the id
 * of its event stream, which is not in that set). One that is over is kept for a day, or as long as there is place, so that its owner can read why; a stream is not.
 */
export function createSubscriptions(redis: Redis, keys: Keys) {
  const { records, owned, streams } = keys.subscriptions;

  async function get(id: string): Promise<Subscription | undefined> {
    const json = await redis.hGet(records, id);
    return json === null ? undefined : read(id, json);
  }

  /** All, the oldest first; also those that are over. `broken` hears of those whose record cannot be read, which are left out. */
  async function list(broken: (id: string) => void = () => {}): Promise<Subscription[]> {
    const all = Object.entries(await redis.hGetAll(records)).flatMap(([id, json]) => {
      try {
        return [read(id, json)];
      } catch {
        broken(id);
        return [];
      }
    });
    return all.sort((a, b) => a.createdAt - b.createdAt);
  }

  /** Makes of the record what `wish` says, again if somebody else has changed it meanwhile. Undefined where there is none, or `wish` says so. */
  async function change(
    id: string,
    wish: (subscription: Subscription) => Subscription | undefined,
  ): Promise<Subscription | undefined> {
    for (;;) {
      const json = await redis.hGet(records, id);
      const wanted = json === null ? undefined : wish(read(id, json));
      if (json === null || !wanted) return undefined;
      if (await REPLACE.run(redis, { records }, { id, seen: json, record: JSON.stringify(wanted) })) return wanted;
    }
  }

  return {
    get,
    list,
    change,

    /** `full`: the owner has as many as it may; `worn`: as many that are over; `crowded`: all together are. */
    async create(subscription: Subscription): Promise<'ok' | 'full' | 'worn' | 'crowded'> {
      const { id, owner } = subscription;
      const { each: most, over: mostOver, all: mostOfAll } = MOST_SUBSCRIPTIONS;
      const words = { id, record: JSON.stringify(subscription), most, mostOver, mostOfAll };
      return CREATE.run(redis, { records, owned: owned(owner) }, words);
    },

    /** When the first of the owner's that are over is forgotten, in milliseconds since the epoch. */
    async firstForgotten(owner: string): Promise<number> {
      const ends = (await list()).flatMap((one) => (one.owner === owner && one.ended ? [one.ended.at] : []));
      return Math.min(...ends) + KEPT;
    },

    /** The owner's event stream, whether anybody is connected for it or not. */
    async streamOf(owner: string): Promise<Subscription | undefined> {
      const id = await redis.hGet(streams, owner);
      return id === null ? undefined : get(id);
    },

    /** In place of the owner's stream before it. `crowded`: as for `create`; then there is none. */
    async openStream(stream: Subscription): Promise<'ok' | 'crowded'> {
      const { id, owner } = stream;
      const words = { owner, id, record: JSON.stringify(stream), mostOfAll: MOST_SUBSCRIPTIONS.all };
      return OPEN_STREAM.run(redis, { records, streams }, words);
    },

    async forgetStream({ id, owner }: Subscription): Promise<void> {
      await FORGET_STREAM.run(redis, { records, streams }, { owner, id });
    },

    /** What sinks were told may be more than what is noted: the ids of those that have to tell everything again. */
    async doubtAll(): Promise<string[]> {
      const all = (await list()).filter((one) => !isOver(one));
      const doubt = (one: Subscription) => (isOver(one) ? undefined : { ...one, restored: newStamp() });
      for (const { id } of all) await change(id, doubt);
      return all.map(({ id }) => id);
    },

    /** Nobody reads any more why it ended. */
    async forget({ id, owner }: Subscription): Promise<void> {
      await redis.multi().hDel(records, id).sRem(owned(owner), id).exec();
    },
  };
}

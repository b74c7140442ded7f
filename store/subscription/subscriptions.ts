import type { Redis } from '../../runtime/redis/redis.ts';
import { IS_STILL } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { readRecord } from '../base/record.ts';
import { as, asYes, defineScript } from '../base/script.ts';
import { isOver, KEPT, MOST_SUBSCRIPTIONS, type Subscription } from './subscription-record.ts';

/**
 * In one step, or two calls at once would go beyond the limits. What is over counts by itself: who makes and deletes them
 * without end would fill the place of all.
 */
const CREATE = defineScript({
  keys: ['records', 'owned'],
  args: ['id', 'record', 'most', 'mostOver', 'mostOfAll'],
  reply: as<'ok' | 'full' | 'worn' | 'crowded'>,
  lua: `
local there = redis.call('SMEMBERS', owned)
local over = 0
for _, one in ipairs(there) do
  local record = redis.call('HGET', records, one)
  if not record or cjson.decode(record).ended then over = over + 1 end
end
if #there - over >= tonumber(most) then return 'full' end
if over >= tonumber(mostOver) then return 'worn' end
if redis.call('HLEN', records) >= tonumber(mostOfAll) then return 'crowded' end
redis.call('SADD', owned, id)
redis.call('HSET', records, id, record)
return 'ok'`,
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
 * Subscriptions, in one slot: hash `records` (id → JSON of a `Subscription`), and for each owner a set of its own. One that is
 * over is kept for a day, so that its owner can read why.
 */
export function createSubscriptions(redis: Redis, keys: Keys) {
  const { records, owned } = keys.subscriptions;

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

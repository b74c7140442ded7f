import type { Redis } from '../../runtime/redis/redis.ts';
import { type Fence, IS_STILL } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { as, defineLua, defineScript } from '../base/script.ts';

/** Subscribers of whom it is known what was sent: of more than a connection can hold untaken. */
export const MOST_SENT = 10_000;

/** Lua: `raiseFloor(position)`: of what was sent up to there it is known no more about whom it was. */
const RAISE_FLOOR = defineLua({
  keys: ['progress'],
  lua: `
local function raiseFloor(position)
  if tonumber(position) > tonumber(redis.call('HGET', progress, 'floor') or 0) then
    redis.call('HSET', progress, 'floor', position)
  end
end`,
});

/** Lua: `leaveOut(id)`: nothing of the subscriber stays; whoever has not got what was sent about it begins anew. */
export const LEAVE_OUT = defineLua({
  uses: [RAISE_FLOOR],
  keys: ['sent'],
  lua: `
local function leaveOut(id)
  local at = redis.call('ZSCORE', sent, id)
  if not at then return end
  redis.call('ZREM', sent, id)
  raiseFloor(at)
end`,
});

/**
 * The position of what is sent now, about the subscriber `id`, or about none: the time by Redis in milliseconds, or one more than the one
 * before, so that it grows also where an older copy of the data was put back. `last`: whoever has not got it has to begin anew. -1 for who was
 * overtaken; -2 where the last one is before `reached`, which the caller has sent: Redis came back without what it was told last.
 */
const SEND = defineScript({
  uses: [IS_STILL, RAISE_FLOOR],
  keys: ['sent'],
  args: ['fence', 'id', 'last', 'most', 'reached'],
  reply: as<number>,
  lua: `
if not isStill(progress, 'fence', fence) then return -1 end
local before = tonumber(redis.call('HGET', progress, 'position') or 0)
if before < tonumber(reached) then return -2 end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local position = math.max(now, before + 1)
local text = string.format('%.0f', position)
redis.call('HSET', progress, 'position', text)
if last == '1' then raiseFloor(text) end
if id == '' then return position end
redis.call('ZADD', sent, text, id)
local over = redis.call('ZCARD', sent) - tonumber(most)
if over > 0 then raiseFloor(redis.call('ZPOPMIN', sent, over)[2 * over]) end
return position`,
});

/** What is sent from now on is after that position; nothing by who was overtaken. */
const REACH = defineScript({
  uses: [IS_STILL],
  keys: ['progress'],
  args: ['fence', 'reached'],
  lua: `
if not isStill(progress, 'fence', fence) then return end
if tonumber(redis.call('HGET', progress, 'position') or 0) < tonumber(reached) then
  redis.call('HSET', progress, 'position', reached)
end`,
});

/** About whom something was sent after that position; false where that is not known. */
const SENT_AFTER = defineScript({
  keys: ['progress', 'sent'],
  args: ['position'],
  reply: (reply) => (reply === null ? undefined : (reply as string[])),
  lua: `
local floor, top = redis.call('HGET', progress, 'floor') or 0, redis.call('HGET', progress, 'position') or 0
if tonumber(position) < tonumber(floor) or tonumber(position) > tonumber(top) then return false end
return redis.call('ZRANGEBYSCORE', sent, '(' .. position, '+inf')`,
});

/**
 * What was sent to whoever is connected for an event stream, of which nobody knows whether it has arrived: a sorted set `sent` (subscribers, by
 * the position of the last event about each), and in `progress` the `position` of the last event and the `floor`: of what was sent up to there
 * the set may lack somebody.
 */
export function createSinkSent(redis: Redis, keys: Keys) {
  const { progress, sent } = keys.sink;

  return {
    /**
     * To be called before the event about the subscriber is sent. `last`: see `SEND`; `reached`: the position that the caller has sent last. `lost`:
     * Redis does not know that one; undefined for a run that was overtaken.
     */
    async send(
      subscription: string,
      fence: Fence,
      { id, last, reached }: { id: string | undefined; last: boolean; reached: number },
    ): Promise<number | 'lost' | undefined> {
      const places = { progress: progress(subscription), sent: sent(subscription) };
      const position = await SEND.run(redis, places, { fence, id, last: last ? 1 : 0, most: MOST_SENT, reached });
      if (position === -2) return 'lost';
      return position < 0 ? undefined : position;
    },

    /** The caller has sent that position, and knows that Redis came back without it. */
    async reach(subscription: string, fence: Fence, reached: number): Promise<void> {
      await REACH.run(redis, { progress: progress(subscription) }, { fence, reached });
    },

    /** About whom something was sent after that position, the longest ago first; undefined where that is not known. */
    async sentAfter(subscription: string, position: number): Promise<string[] | undefined> {
      const places = { progress: progress(subscription), sent: sent(subscription) };
      return SENT_AFTER.run(redis, places, { position });
    },
  };
}

import type { Keys } from '../base/keys.ts';
import { partitionOf } from '../base/partitions.ts';
import { defineLua, defineScript } from '../base/script.ts';

/** Integers of subscribers whose times of change stand in one hash of each partition: some 64 in each, which stay in Redis's compact form. */
export const SPAN = 1_024;

/** Seconds for which it is known that somebody has gone. */
export const GONE_KNOWN = 31 * 86_400;

/**
 * Lua: `thisSecond()`: a position among the changes of this partition, in seconds since the epoch. By the clock of
 * Redis, as processes have other clocks; never earlier than one that was noted already, if that clock was put back or is another's after
 * a failover: who asks for what changed since then is told of it in any case.
 */
export const THIS_SECOND = defineLua({
  keys: ['changes'],
  lua: `
local function thisSecond()
  local last = redis.call('ZREVRANGE', changes, 0, 0, 'WITHSCORES')
  return math.max(tonumber(redis.call('TIME')[1]), tonumber(last[2] or 0))
end`,
});

/**
 * Lua: `noteChanged(record)`: what the list of subscribers tells of somebody is another now: for the script that makes the
 * change, in the same step. `wasNoted(record)`: whether that was ever so. `record`: the key of the subscriber's record.
 */
export const NOTE_CHANGED = defineLua({
  uses: [THIS_SECOND],
  keys: ['changed'],
  lua: `
local changedAt
local function changedPlace(one)
  local index = tonumber(redis.call('HGET', one, 'index') or '')
  if not index then return end
  return math.floor(index / ${SPAN}), index % ${SPAN}
end
local function noteChanged(one)
  local span, field = changedPlace(one)
  if not span then return end
  changedAt = changedAt or thisSecond()
  redis.call('HSET', changed .. span, field, changedAt)
  redis.call('ZADD', changes, changedAt, span)
end
local function wasNoted(one)
  local span, field = changedPlace(one)
  return span and redis.call('HEXISTS', changed .. span, field) == 1
end`,
});

/** The keys of that Lua, for the subscribers of one partition. */
export function changedPartKeys(keys: Keys, partition: number) {
  return { changes: keys.changes(partition), changed: keys.changedPart(partition) };
}

/** The same for one subscriber. */
export function changedKeys(keys: Keys, id: string) {
  return changedPartKeys(keys, partitionOf(id));
}

/** Lua: `noteGone(one)`: somebody is not to be seen any more by whom `one` says (see `gone.ts`). */
export const NOTE_GONE = defineLua({
  uses: [THIS_SECOND],
  keys: ['gone'],
  lua: `
local function noteGone(one) redis.call('ZADD', gone, thisSecond(), one) end`,
});

/**
 * The time of change of somebody who is forgotten goes, before the record does; where there was one, it is noted that the subscriber is
 * gone: who never was to be seen is told to nobody.
 */
export const FORGET_CHANGED = defineScript({
  uses: [NOTE_CHANGED, NOTE_GONE],
  keys: ['record'],
  args: ['farewell'],
  lua: `
if not wasNoted(record) then return end
local span, field = changedPlace(record)
redis.call('HDEL', changed .. span, field)
noteGone(farewell)`,
});

import { AFTER_ID, IMPORT } from '../base/keys.ts';
import { as, defineLua, defineScript } from '../base/script.ts';
import { NOTE_CHANGED } from '../subscriber/changed-script.ts';
import { ACTIVATE_ONE } from '../subscriber/subscriber-scripts.ts';

/** Seconds for which it is known how an import went, from the last change on. */
const KNOWN = 30 * 86_400;
/** Failures of one partition that are named; all are counted. */
const MOST_NAMED = 50;

/**
 * Lua: `isOrdered(id)`: whether an account is ordered for the subscriber, which is pending.
 * `count(importId, name, by, …)` adds to the counts of an import; answers their key. `endOrder(id)`
 * takes the order out of the record.
 */
const ORDERED = defineLua({
  keys: ['own'],
  lua: `
local function recordOf(id) return own .. id .. '${AFTER_ID.subscriber}' end
local function stateOf(id) return unpack(redis.call('HMGET', recordOf(id), 'state', 'order')) end
local function isOrdered(id)
  local state, order = stateOf(id)
  return state == 'pending' and order
end
local function count(importId, ...)
  local counts = own .. '${IMPORT}' .. importId
  for i = 1, select('#', ...), 2 do redis.call('HINCRBY', counts, select(i, ...), (select(i + 1, ...))) end
  redis.call('EXPIRE', counts, ${KNOWN})
  return counts
end
local function endOrder(id) redis.call('HDEL', recordOf(id), 'order', 'orderedBy', 'sought') end`,
});

/**
 * Orders accounts for those who are pending and have no order. From then on the account job does not
 * give them up, and their order jobs are due at `times`. The order is counted in the same step, or a
 * crash in between would leave a wrong count.
 */
export const PLACE = defineScript({
  uses: [ORDERED, NOTE_CHANGED],
  keys: ['dueAccount', 'dueOrder'],
  args: ['importId'],
  lists: ['ids', 'times', 'passwords', 'sought'],
  reply: as<number[]>,
  lua: `
local placed, number = {}, 0
for i, id in ipairs(ids) do
  placed[i] = 0
  local state, order = stateOf(id)
  if state == 'pending' and not order then
    redis.call('HSET', recordOf(id), 'order', passwords[i], 'orderedBy', importId, 'sought', sought[i])
    noteChanged(recordOf(id))
    redis.call('ZREM', dueAccount, id)
    redis.call('ZADD', dueOrder, times[i], id)
    placed[i] = 1
    number = number + 1
  end
end
if number > 0 then count(importId, 'waiting', number) end
return placed`,
});

/**
 * Makes the subscriber active whose account is made, as `ACTIVATE` does, and ends the order; once. 0
 * when there was none, or the subscriber is being erased, 1 when it is active, 2 when it was announced.
 */
export const COMPLETE = defineScript({
  uses: [ORDERED, ACTIVATE_ONE],
  keys: ['dueOrder', 'dueReconcile'],
  keyList: 'dues',
  args: ['id'],
  reply: Number,
  lua: `
if not isOrdered(id) then return 0 end
redis.call('ZREM', dueOrder, id)
local importId, sought = unpack(redis.call('HMGET', recordOf(id), 'orderedBy', 'sought'))
local outcome = activate(id, sought == '1' and soon or '')
for _, due in ipairs(dues) do redis.call('ZADD', due, soon, id) end
endOrder(id)
count(importId, 'waiting', -1, 'made', 1)
return outcome`,
});

/** Ends an order that came to nothing, and leaves the subscriber to the account job, which gives it up. */
export const FAIL = defineScript({
  uses: [ORDERED],
  keys: ['dueOrder', 'dueAccount'],
  args: ['id', 'code', 'why', 'now'],
  lua: `
if not isOrdered(id) then return end
redis.call('ZREM', dueOrder, id)
local importId = redis.call('HGET', recordOf(id), 'orderedBy')
local counts = count(importId, 'waiting', -1, 'failed', 1)
if tonumber(redis.call('HGET', counts, 'failed')) <= ${MOST_NAMED} then redis.call('HSET', counts, why, code) end
endOrder(id)
redis.call('ZADD', dueAccount, now, id)`,
});

/** Ends what is left of the order of somebody who is being erased: it is counted as nothing any more. */
export const WITHDRAW = defineScript({
  uses: [ORDERED],
  args: ['id'],
  lua: `
local state, order = stateOf(id)
if state ~= 'leaving' or not order then return end
count(redis.call('HGET', recordOf(id), 'orderedBy'), 'waiting', -1)
endOrder(id)`,
});

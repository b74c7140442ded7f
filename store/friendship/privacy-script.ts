import { NOW_PLAYING } from '../base/events.ts';
import { RECORD_KEYS } from '../subscriber/identity-scripts.ts';

/**
 * Replaces a subscriber's settings. What may be found by others is announced like numbers that got or lost their owner; what changes who
 * sees the tune makes the tune due; who is blocked, or no longer is, is marked by itself.
 *
 * KEYS: record, privacy, blocked, announced, dirty-blocked, playing, due:reconcile, recent, due lists of the outlets.
 * ARGV: id, stamp, due time, version asked for (empty: any), discoverable, audience, private until, channel of events, then
 * each blocked field and value.
 */
export const PUT_PRIVACY = `${RECORD_KEYS}
local id, stamp, due = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', KEYS[1], 'state') ~= 'active' then return 'gone' end
local before = redis.call('HMGET', KEYS[2], 'discoverable', 'audience', 'privateUntil', 'version')
local version = before[4] or '0'
if ARGV[4] ~= '' and ARGV[4] ~= version then return 'changed' end
local found = (before[1] or '1') ~= ARGV[5]
local shown = found or (before[2] or '"friends"') ~= ARGV[6] or (before[3] or '') ~= ARGV[7]
local was, marked = {}, {}
-- What one audience was shown is not for another.
if (before[2] or '"friends"') ~= ARGV[6] then redis.call('DEL', KEYS[8]) end
for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do was[field] = true end
for i = 9, #ARGV, 2 do
  if was[ARGV[i]] then was[ARGV[i]] = nil
  else marked[#marked + 1] = ARGV[i] end
  redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
end
for field in pairs(was) do
  redis.call('HDEL', KEYS[3], field)
  marked[#marked + 1] = field
end
if not shown and #marked == 0 then return version end
for _, field in ipairs(marked) do redis.call('HSET', KEYS[5], field, stamp) end
if found then
  for _, key in ipairs(recordKeys(KEYS[1])) do redis.call('HSET', KEYS[4], key, stamp) end
end
if found or #marked > 0 then redis.call('ZADD', KEYS[7], 'LT', due, id) end
if shown then
  redis.call('HSET', KEYS[6], 'generation', stamp, 'access', stamp)
  for i = 9, #KEYS do redis.call('ZADD', KEYS[i], due, id) end
  redis.call('PUBLISH', ARGV[8], '${NOW_PLAYING}')
end
redis.call('HSET', KEYS[2], 'discoverable', ARGV[5], 'audience', ARGV[6], 'privateUntil', ARGV[7])
return tostring(redis.call('HINCRBY', KEYS[2], 'version', 1))`;

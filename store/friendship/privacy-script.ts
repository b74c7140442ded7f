import { OPEN } from '../../domain/friendship/privacy.ts';
import { ASK_FOR_ACCESS } from '../base/asked-access.ts';
import { NOW_PLAYING } from '../base/events.ts';
import { as, defineScript } from '../base/script.ts';
import { ANNOUNCE } from '../subscriber/identity-scripts.ts';

/**
 * Replaces a subscriber's settings, at the version asked for where there is one, and marks in the
 * same step what follows, so that no wish of its owner is kept and not followed. That it can be
 * found, or no longer, is announced like numbers that got or lost their owner; what changes who
 * sees the tune makes it due for every outlet; who is blocked, or no longer is, is marked by
 * itself. `blocked`: fields, each with its value after it; `chosen`: the audience is a choice of
 * groups; `events`: the channel on which pages hear of it.
 */
export const PUT_PRIVACY = defineScript({
  uses: [ANNOUNCE, ASK_FOR_ACCESS],
  keys: ['privacy', 'blocks', 'dirtyBlocked', 'recent', 'dueReconcile'],
  keyList: 'outletDues',
  args: ['id', 'dueAt', 'ifVersion', 'discoverable', 'audience', 'chosen', 'privateUntil', 'events'],
  lists: ['blocked'],
  reply: as<string>,
  lua: `
if redis.call('HGET', record, 'state') ~= 'active' then return 'gone' end
local before = redis.call('HMGET', privacy, 'discoverable', 'audience', 'privateUntil', 'version')
local version = before[4] or '0'
if ifVersion ~= '' and ifVersion ~= version then return 'changed' end
local found = (before[1] or '1') ~= discoverable
local shownToOthers = (before[2] or '${JSON.stringify(OPEN.audience)}') ~= audience
local shown = found or shownToOthers or (before[3] or '') ~= privateUntil
-- What one audience was shown is not for another.
if shownToOthers then redis.call('DEL', recent) end
local was, marked = {}, {}
for _, field in ipairs(redis.call('HKEYS', blocks)) do was[field] = true end
for i = 1, #blocked, 2 do
  if was[blocked[i]] then was[blocked[i]] = nil
  else marked[#marked + 1] = blocked[i] end
  redis.call('HSET', blocks, blocked[i], blocked[i + 1])
end
for field in pairs(was) do
  redis.call('HDEL', blocks, field)
  marked[#marked + 1] = field
end
if not shown and #marked == 0 then return version end
for _, field in ipairs(marked) do redis.call('HSET', dirtyBlocked, field, mark) end
if found then announce() end
if found or #marked > 0 then redis.call('ZADD', dueReconcile, 'LT', dueAt, id) end
if shown then
  askForAccess(mark)
  for _, due in ipairs(outletDues) do redis.call('ZADD', due, dueAt, id) end
  redis.call('PUBLISH', events, '${NOW_PLAYING}')
end
redis.call('HSET', privacy, 'discoverable', discoverable, 'audience', audience, 'privateUntil', privateUntil)
if chosen == '1' then redis.call('HSET', privacy, 'chosen', '1') else redis.call('HDEL', privacy, 'chosen') end
return tostring(redis.call('HINCRBY', privacy, 'version', 1))`,
});

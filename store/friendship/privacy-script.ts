import { OPEN } from '../../domain/friendship/privacy.ts';
import { BLOCKS, NOW_PLAYING, TELL } from '../base/events.ts';
import { SEEN_MARK } from '../base/marks.ts';
import { as, defineScript } from '../base/script.ts';
import { ASK_FOR_ACCESS } from '../due/asked-access.ts';
import { NOTE_WATCHED } from '../due/watched.ts';
import { NOTE_CHANGED } from '../subscriber/changed-script.ts';
import { ANNOUNCE } from '../subscriber/identity-scripts.ts';

/**
 * Replaces a subscriber's settings, at the version asked for where there is one, and marks in the
 * same step what follows, so that no wish of its owner is kept and not followed. That it can be
 * found, or no longer, is announced like numbers that got or lost their owner; what changes who
 * sees the tune, as a block may, makes it due for every outlet; who is blocked, or no longer is, is
 * marked by itself, and the time is noted, from which a tune waits (decision 268). Where that would be more than `mostNumbers` numbers that
 * were not blocked before on that `day`, nothing is written; empty: they are not counted. `blocked`: fields, each with its value after it, which is empty but for one form of each number; `chosen`: the audience is a choice of
 * groups; `events`: the channel on which pages hear of it, who is blocked at once as well as everybody else.
 */
export const PUT_PRIVACY = defineScript({
  uses: [ANNOUNCE, ASK_FOR_ACCESS, TELL, NOTE_WATCHED, NOTE_CHANGED],
  keys: ['privacy', 'blocks', 'dirtyBlocked', 'recent', 'dueReconcile'],
  keyList: 'outletDues',
  args: ['id', 'now', 'day', 'mostNumbers', 'dueAt', 'ifVersion', 'discoverable', 'audience', 'chosen', 'privateUntil'],
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
local was, marked, numbers = {}, {}, 0
for _, field in ipairs(redis.call('HKEYS', blocks)) do was[field] = true end
if mostNumbers ~= '' then
  for i = 1, #blocked, 2 do
    if blocked[i + 1] ~= '' and not was[blocked[i]] then numbers = numbers + 1 end
  end
end
if numbers > 0 then
  local before = redis.call('HMGET', privacy, 'blockedDay', 'blockedOnDay')
  if before[1] == day then numbers = numbers + tonumber(before[2]) end
  if numbers > tonumber(mostNumbers) then return 'many' end
  redis.call('HSET', privacy, 'blockedDay', day, 'blockedOnDay', numbers)
end
-- What one audience was shown is not for another.
if shownToOthers then redis.call('DEL', recent) end
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
if #marked > 0 then redis.call('HSET', privacy, 'blockedAt', now) end
if found then announce() end
if found or #marked > 0 then redis.call('ZADD', dueReconcile, 'LT', dueAt, id) end
askForAccess(mark)
for _, due in ipairs(outletDues) do redis.call('ZADD', due, dueAt, id) end
tell('${NOW_PLAYING}')
if #marked > 0 then tell('${BLOCKS}') end
noteWatched(id, dueAt, true)
if shown then noteChanged(record) end
redis.call('HSET', privacy, 'discoverable', discoverable, 'audience', audience, 'privateUntil', privateUntil)
if chosen == '1' then redis.call('HSET', privacy, 'chosen', '1') else redis.call('HDEL', privacy, 'chosen') end
return tostring(redis.call('HINCRBY', privacy, 'version', 1))`,
});

/**
 * Takes away the marks of blocks that are those that were seen; `seen`: fields, each with its value after it. As long as a mark was
 * there nobody whom it names was shown what plays, or who it is, and no carrier told that it is a friend: pages that looked meanwhile look again, those of the
 * subscriber itself as well, and so do subscriptions.
 */
export const CLEAR_BLOCKED = defineScript({
  uses: [SEEN_MARK, TELL, NOTE_WATCHED],
  keys: ['marks'],
  args: ['id', 'dueAt'],
  lists: ['seen'],
  lua: `
if clearSeen(marks, seen) > 0 then
  tell('${NOW_PLAYING}')
  tell('${BLOCKS}')
  noteWatched(id, dueAt, false)
end`,
});

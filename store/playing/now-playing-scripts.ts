import { NOW_PLAYING } from '../base/events.ts';
import { as, asYes, defineLua, defineScript } from '../base/script.ts';
import { PIECE } from './recent-script.ts';

/** What changes what a subscriber plays, and what an outlet was told of it; each script is one step. */

/** What the field of a device begins with. */
export const DEVICE = 'device:';

/**
 * Notes what a device plays. Of more than `most` devices those go that began first; what an earlier
 * version wrote began before all.
 */
const NOTE = defineLua({
  keys: ['playing'],
  args: ['device', 'value', 'generation', 'most'],
  lua: `
local function isDevice(field) return string.sub(field, 1, ${DEVICE.length}) == '${DEVICE}' end
local function makeRoom()
  if redis.call('HLEN', playing) <= tonumber(most) then return end
  local fields, others = redis.call('HGETALL', playing), {}
  for i = 1, #fields, 2 do
    local since = tonumber(string.match(fields[i + 1], '^%d+') or '0')
    if isDevice(fields[i]) and fields[i] ~= device then others[#others + 1] = { field = fields[i], since = since } end
  end
  table.sort(others, function(a, b) return a.since < b.since end)
  for i = 1, #others + 1 - tonumber(most) do redis.call('HDEL', playing, others[i].field) end
end
local function note()
  redis.call('HSET', playing, device, value, 'generation', generation)
  makeRoom()
end`,
});

/**
 * Another tune may be shown now: the subscriber is due for every outlet, those who do what is due
 * are woken, and whoever listens is told.
 */
const CHANGED = defineLua({
  args: ['id', 'dueAt', 'events'],
  lua: `
local function changed(dues, wakes)
  for _, due in ipairs(dues) do redis.call('ZADD', due, dueAt, id) end
  for _, channel in ipairs(wakes) do redis.call('PUBLISH', channel, id) end
  redis.call('PUBLISH', events, '${NOW_PLAYING}')
end`,
});

/**
 * This plays on that device. In one step with all that follows from it: a process that dies leaves
 * no tune that nobody shows, and a piece goes into the history as it was decided. `outlets`: the
 * due list of each outlet, with what it was told after it; `wanted`: for each, the fingerprint of
 * what it is to show from now on. Where one was told something else by us, that is in doubt, so
 * that whoever tells it has not to note so first.
 */
export const PLAY = defineScript({
  uses: [NOTE, CHANGED, PIECE],
  keyList: 'outlets',
  lists: ['wakes', 'wanted'],
  lua: `
note()
local dues = {}
for i = 1, #wanted do
  local due, told = outlets[2 * i - 1], outlets[2 * i]
  local last = redis.call('HMGET', told, 'state', 'fingerprint')
  if last[1] == 'told' and last[2] ~= wanted[i] then redis.call('HSET', told, 'state', 'doubted') end
  dues[i] = due
end
changed(dues, wakes)
notePiece()`,
});

/** Some devices have stopped, or all where none is named. In one step, as for `PLAY`. */
export const STOP = defineScript({
  uses: [CHANGED],
  keys: ['playing'],
  keyList: 'dues',
  args: ['generation'],
  lists: ['wakes', 'devices'],
  reply: as<number>,
  lua: `
if #devices == 0 then
  for _, field in ipairs(redis.call('HKEYS', playing)) do
    if string.sub(field, 1, ${DEVICE.length}) == '${DEVICE}' then devices[#devices + 1] = field end
  end
end
local gone = 0
for _, device in ipairs(devices) do gone = gone + redis.call('HDEL', playing, device) end
if gone == 0 then return 0 end
redis.call('HSET', playing, 'generation', generation)
changed(dues, wakes)
return gone`,
});

/**
 * The user's own client has published this (`value`) at the outlet of `told`, or the end of it. `shows` and
 * `fingerprint`: what is noted of the outlet, `heard` or `unknown`, unless a publish of ours is under way. `unreadable`:
 * it shows what has to be taken off though nothing plays. In one step, or a publish of ours could
 * begin between; somebody who left meanwhile must leave nothing behind.
 */
export const OWN = defineScript({
  uses: [NOTE, CHANGED, PIECE],
  keys: ['told'],
  keyList: 'dues',
  args: ['shows', 'fingerprint', 'unreadable'],
  lists: ['wakes'],
  reply: asYes,
  lua: `
if redis.call('HGET', record, 'state') ~= 'active' then return 0 end
if value ~= '' then note()
elseif redis.call('HDEL', playing, device) == 0 and unreadable ~= '1' then return 0
else redis.call('HSET', playing, 'generation', generation) end
local state = redis.call('HGET', told, 'state')
if state ~= 'unknown' and state ~= 'doubted' then
  redis.call('HSET', told, 'state', shows, 'fingerprint', fingerprint)
end
changed(dues, wakes)
notePiece()
return 1`,
});

/**
 * Notes what the outlet was told (`toldFields`), if nobody has begun to tell it anything since
 * `begunAt`. Unless the state has changed since it was read, drops what is done with, and has the
 * subscriber looked at `again`, or never where that is empty. In one step, or a change between would
 * be taken for one that was seen.
 */
export const FINISH = defineScript({
  keys: ['playing', 'told', 'due'],
  args: ['id', 'generation', 'begunAt', 'again'],
  lists: ['toldFields', 'done'],
  lua: `
if #toldFields > 0 and redis.call('HGET', told, 'at') == begunAt then redis.call('HSET', told, unpack(toldFields)) end
if (redis.call('HGET', playing, 'generation') or '') ~= generation then return end
for _, field in ipairs(done) do redis.call('HDEL', playing, field) end
if again ~= '' then return redis.call('ZADD', due, again, id) end
-- Nothing but the generation.
if redis.call('HLEN', playing) == 1 then redis.call('DEL', playing) end
return redis.call('ZREM', due, id)`,
});

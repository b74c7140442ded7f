import { TELL } from '../base/events.ts';
import { IS_STILL } from '../base/fence.ts';
import { as, asYes, defineLua, defineScript } from '../base/script.ts';
import { NOTE_LATELY } from '../due/lately.ts';
import { NOTE_WATCHED } from '../due/watched.ts';
import { PIECE } from './recent-script.ts';
import { SITUATION } from './situation-script.ts';

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
 * Another tune may be shown now: the subscriber is due for every outlet, and noted for subscriptions, those who do what is due
 * are woken, and whoever listens is told. Behind a channel that ends in an @ stands the host
 * whose component works for the subscriber; an empty one stands for an outlet that nobody is to be
 * woken for. `brought`: what the wake of an outlet brings along, if anything; `cause`: the request
 * that it is for, as `causeWord` writes it; `news`: what whoever listens is told; `inSlot`: whether the channels of the wakes belong to the
 * subscriber's slot (decision 275); `withdraws`: something has ended.
 */
const CHANGED = defineLua({
  uses: [TELL, NOTE_WATCHED],
  keys: ['record'],
  args: ['id', 'dueAt', 'cause', 'news', 'inSlot'],
  lua: `
local publish = inSlot == '1' and redis.REDIS_VERSION_NUM and 'SPUBLISH' or 'PUBLISH'
local function channelOf(channel)
  if string.sub(channel, -1) ~= '@' then return channel end
  local place = redis.call('HMGET', record, 'leavesHome', 'jid')
  return channel .. (place[1] or string.match(place[2] or '', '[^@]*$'))
end
local function changed(dues, wakes, brought, withdraws)
  local whom = cause == '' and id or id .. ';' .. cause
  for _, due in ipairs(dues) do redis.call('ZADD', due, dueAt, id) end
  noteWatched(id, dueAt, withdraws)
  for i, channel in ipairs(wakes) do
    local more = brought and brought[i]
    if channel ~= '' then redis.call(publish, channelOf(channel), more and whom .. ' ' .. more or whom) end
  end
  tell(news)
end`,
});

/**
 * Lua: `isUsual()`: whether all is as it is for most, so that what is written was decided rightly
 * without a look: the subscriber is active and has the settings that the decision was made with
 * (`hasOtherSettings`), another tune than this (`title`: as it stands in JSON) played on the device,
 * and no other device began later (`since`).
 */
const USUAL = defineLua({
  uses: [NOTE, PIECE],
  args: ['since', 'title'],
  lua: `
local function beganLater(value)
  local at = tonumber(string.match(value, '^%d+'))
  return not at or at > tonumber(since)
end
local function isUsual()
  if redis.call('HGET', record, 'state') ~= 'active' or hasOtherSettings() then return false end
  local fields = redis.call('HGETALL', playing)
  for i = 1, #fields, 2 do
    local field, before = fields[i], fields[i + 1]
    if field == device then
      if string.find(before, title, 1, true) then return false end
    elseif isDevice(field) and beganLater(before) then return false end
  end
  return true
end`,
});

/**
 * This plays on that device. In one step with all that follows from it: a process that dies leaves
 * no tune that nobody shows, and a piece goes into the history as it was decided. `outlets`: the
 * due list of each outlet, followed by the key of what it was told; `wanted`: for each, the
 * fingerprint of what it is to show from now on. Where an outlet was told another tune, its state is
 * `doubted` from this step on, and the job that tells it sends without a write before (decision 138),
 * and without a look: the wake brings along what it would read, where that names no number (`brings`; decision 296). With `ifUsual` nothing is
 * done, and false answered, where all is not as `isUsual` says (decision 297).
 */
export const PLAY = defineScript({
  uses: [NOTE, CHANGED, PIECE, SITUATION, USUAL],
  keyList: 'outlets',
  args: ['ifUsual'],
  lists: ['wakes', 'wanted', 'brings'],
  reply: asYes,
  lua: `
if ifUsual == '1' and not isUsual() then return false end
note()
local dues, brought = {}, {}
for i = 1, #wanted do
  local due, told = outlets[2 * i - 1], outlets[2 * i]
  local last = redis.call('HMGET', told, 'state', 'fingerprint')
  if last[1] == 'told' and last[2] ~= wanted[i] then
    redis.call('HSET', told, 'state', 'doubted')
    if wakes[i] ~= '' and brings[i] == '1' then brought[i] = cjson.encode({ situation(told), dueAt }) end
  end
  dues[i] = due
end
changed(dues, wakes, brought)
notePiece(ifUsual == '1')
return 1`,
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
changed(dues, wakes, nil, true)
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
changed(dues, wakes, nil, value == '')
notePiece()
return 1`,
});

/**
 * The end of an outlet's job. If nobody has begun to tell the outlet anything since `begunAt`, notes
 * what it was told (`toldFields`), and for a server that may forget it that it was told lately
 * (`things`); otherwise nobody knows who spoke last, and the subscriber stays due. If what plays is
 * still what was read (`generation`), takes away the fields that are `done`, and makes the subscriber
 * due at the time `again`, or due no more where that is empty. In one step, or a change in between
 * would be taken for one that the job has seen. Whether what it was told is noted, or there was nothing to note.
 */
export const FINISH = defineScript({
  uses: [IS_STILL, NOTE_LATELY],
  keys: ['playing', 'told', 'due'],
  args: ['generation', 'begunAt', 'again'],
  lists: ['toldFields', 'things', 'done'],
  reply: asYes,
  lua: `
if #toldFields > 0 then
  if begunAt == '' or not isStill(told, 'at', begunAt) then return 0 end
  redis.call('HSET', told, unpack(toldFields))
  noteLately(things)
end
if not isStill(playing, 'generation', generation) then return 1 end
for _, field in ipairs(done) do redis.call('HDEL', playing, field) end
if again ~= '' then
  redis.call('ZADD', due, again, id)
  return 1
end
-- Nothing but the generation.
if redis.call('HLEN', playing) == 1 then redis.call('DEL', playing) end
redis.call('ZREM', due, id)
return 1`,
});

/**
 * Puts the next look off until `time`, unless what plays, or who may see it, has changed since it was read (`generation`), or the
 * subscriber has another address or leaves: such a change has made the subscriber due by itself, and earlier.
 */
export const PUT_OFF = defineScript({
  uses: [IS_STILL],
  keys: ['record', 'playing', 'due'],
  args: ['id', 'state', 'field', 'value', 'generation', 'time'],
  lua: `
if not isStill(record, 'state', state) or not isStill(record, field, value) then return end
if isStill(playing, 'generation', generation) then redis.call('ZADD', due, time, id) end`,
});

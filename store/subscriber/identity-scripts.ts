import { NOW_PLAYING, TELL } from '../base/events.ts';
import { IS_STILL } from '../base/fence.ts';
import { as, asYes, asYesEach, defineLua, defineScript } from '../base/script.ts';
import { ALL_ITEMS } from '../due/all-items.ts';
import { ASK_FOR_ACCESS } from '../due/asked-access.ts';
import { NOTE_WATCHED } from '../due/watched.ts';
import { NOTE_CHANGED, NOTE_GONE } from './changed-script.ts';
import { SUSPENDED_BY } from './suspended-by.ts';

/** The steps of a change of numbers or JID that touch the subscriber's own slot; each script is one step. */

/** Lua: every number key of a record. */
const RECORD_KEYS = defineLua({
  lua: `
local function keysIn(one)
  local fields, keys = redis.call('HMGET', one, 'numberKeys', 'numberKey'), {}
  local listed = (fields[1] and fields[1] ~= '') and fields[1] or fields[2] or ''
  for key in string.gmatch(listed, '%S+') do keys[#keys + 1] = key end
  return keys
end`,
});

/** Lua: announces every number of a record in a hash of such marks. */
export const ANNOUNCE_ONE = defineLua({
  uses: [RECORD_KEYS],
  args: ['mark'],
  lua: `
local function announceOne(one, marks)
  for _, key in ipairs(keysIn(one)) do redis.call('HSET', marks, key, mark) end
end`,
});

/**
 * Lua: announces every number of the record, which has the reconciliation look at whoever holds
 * one.
 */
export const ANNOUNCE = defineLua({
  uses: [ANNOUNCE_ONE],
  keys: ['record', 'announced'],
  lua: 'local function announce() announceOne(record, announced) end',
});

/**
 * Lua: begins a change: writes the intention, of which there is one at a time, and has the reconcile
 * job look at it at its deadline, should this process die. The numbers before are read in the same
 * step, so that the intention names all that may have to be given back. `seen`: primary number, other
 * numbers and JID of the record that the change was made of; empty where it was made of none. A
 * subscriber whose account at another home has still to be left is `busy` for a further move: there
 * is one home at a time to be left.
 */
const BEGIN_ONE = defineLua({
  uses: [IS_STILL, RECORD_KEYS],
  args: ['fence', 'now', 'deadline'],
  lua: `
local function beginOne(record, intention, former, due, id, numberKeys, jid, seen)
  if redis.call('HGET', record, 'state') ~= 'active' then return 'gone' end
  local other = redis.call('HGET', intention, 'deadline')
  if other then return tonumber(other) > tonumber(now) and 'busy' or 'abandoned' end
  for i, field in ipairs({ 'phoneNumber', 'otherPhoneNumbers', 'jid' }) do
    if seen[i] and not isStill(record, field, seen[i]) then return 'changed' end
  end
  if redis.call('HEXISTS', former, jid) == 1 then return 'busy' end
  local place = redis.call('HMGET', record, 'jid', 'leavesHome')
  if place[2] and jid ~= '' and jid ~= place[1] then return 'busy' end
  local numbers = table.concat(keysIn(record), ' ') .. ' ' .. numberKeys
  redis.call('HSET', intention, 'stamp', fence, 'deadline', deadline, 'numbers', numbers, 'jid', jid)
  redis.call('ZADD', due, 'LT', deadline, id)
  return 'ok'
end`,
});

/** Begins a change of one subscriber. */
export const BEGIN = defineScript({
  uses: [BEGIN_ONE],
  keys: ['record', 'intention', 'dueReconcile', 'former'],
  args: ['id', 'numberKeys', 'jid'],
  lists: ['seen'],
  reply: as<'ok' | 'gone' | 'busy' | 'abandoned' | 'changed'>,
  lua: 'return beginOne(record, intention, former, dueReconcile, id, numberKeys, jid, seen)',
});

/**
 * Begins a change of number keys of each of these, all with one fence. `places`: of each the record,
 * the intention and the former accounts; `wanted`: of each its number keys; `seen`: of each the three
 * words of what was seen.
 */
export const BEGIN_MANY = defineScript({
  uses: [BEGIN_ONE],
  keys: ['dueReconcile'],
  keyList: 'places',
  lists: ['ids', 'wanted', 'seen'],
  reply: as<string[]>,
  lua: `
local begun = {}
for i, id in ipairs(ids) do
  local own = { seen[3 * i - 2], seen[3 * i - 1], seen[3 * i] }
  begun[i] = beginOne(places[3 * i - 2], places[3 * i - 1], places[3 * i], dueReconcile, id, wanted[i], own[3], own)
end
return begun`,
});

/**
 * Writes the record, if the intention is still this change's, and announces the numbers before and
 * after. With another JID it also marks what follows: the roster items of the new account by one
 * mark (see `markEachItem`), who may see its tune, and the old account, where everything is to be
 * undone. Where that is at another home, the field `leavesHome` names that home: its component works
 * for the subscriber until all is undone. With another primary number the outlets have to look that show
 * somebody at it (`readdressedDues`, keys of the same slot). A number that goes takes along that its line was suspended, which the outlets
 * have to look at (`audienceDues`, likewise). Whoever has another number may be out of somebody's ranges, of which sinks are told first.
 * `farewell`: for `noteGone`, empty where nobody loses sight of the subscriber. It is one step, as a friend who came in between would be
 * missing in one of the two rosters. `fields`: of the record, each with its value after it.
 */
export const COMMIT = defineScript({
  uses: [IS_STILL, ANNOUNCE, ASK_FOR_ACCESS, SUSPENDED_BY, TELL, NOTE_WATCHED, NOTE_CHANGED, NOTE_GONE],
  keys: ['intention', 'former', 'dirtyItems', 'dueReconcile'],
  keyList: 'movedDues',
  args: ['id', 'fence', 'dueAt', 'farewell'],
  lists: ['fields', 'readdressedDues', 'audienceDues'],
  reply: as<'ok' | 'lost' | 'gone'>,
  lua: `
local function hostOf(jid) return string.match(jid, '[^@]*$') end
local function moveFrom(jid)
  redis.call('HSET', former, jid, 'undo')
  local home = hostOf(jid)
  if home ~= hostOf(redis.call('HGET', record, 'jid')) then redis.call('HSET', record, 'leavesHome', home) end
  redis.call('HSET', dirtyItems, '${ALL_ITEMS}', mark)
  askForAccess(mark)
  for _, due in ipairs(movedDues) do redis.call('ZADD', due, 'LT', dueAt, id) end
end
if redis.call('HGET', record, 'state') ~= 'active' then return 'gone' end
if not isStill(intention, 'stamp', fence) then return 'lost' end
announce()
local jid, number = unpack(redis.call('HMGET', record, 'jid', 'phoneNumber'))
for i = 1, #fields, 2 do
  if fields[i + 1] == '' then redis.call('HDEL', record, fields[i])
  else redis.call('HSET', record, fields[i], fields[i + 1]) end
end
announce()
if redis.call('HGET', record, 'jid') ~= jid then moveFrom(jid) end
if redis.call('HGET', record, 'phoneNumber') ~= number then
  for _, due in ipairs(readdressedDues) do redis.call('ZADD', due, 'LT', dueAt, id) end
end
if suspendBy(suspendedBy(), mark) then
  for _, due in ipairs(audienceDues) do redis.call('ZADD', due, 'LT', dueAt, id) end
  tell('${NOW_PLAYING}')
end
redis.call('ZADD', dueReconcile, 'LT', dueAt, id)
noteWatched(id, dueAt, true)
noteChanged(record)
if farewell ~= '' then noteGone(farewell) end
return 'ok'`,
});

/**
 * Writes the number keys of each record whose intention is still this change's, and announces those
 * that come or go: the numbers are the same, and so is the JID, so nothing follows for whoever holds
 * one by a key that stays. `places`: of each the
 * record, the intention and the marks of announced numbers; `names`: fields of a record; `values`:
 * those of one record after the other. Answers 1 for each that is written.
 */
export const COMMIT_MANY = defineScript({
  uses: [IS_STILL, RECORD_KEYS],
  keys: ['dueReconcile'],
  keyList: 'places',
  args: ['fence', 'dueAt', 'mark'],
  lists: ['ids', 'names', 'values'],
  reply: asYesEach,
  lua: `
local written = {}
for i, id in ipairs(ids) do
  local record, intention, announced = places[3 * i - 2], places[3 * i - 1], places[3 * i]
  written[i] = 0
  if redis.call('HGET', record, 'state') == 'active' and isStill(intention, 'stamp', fence) then
    local other = {}
    for _, key in ipairs(keysIn(record)) do other[key] = true end
    for k, name in ipairs(names) do
      local value = values[(i - 1) * #names + k]
      if value == '' then redis.call('HDEL', record, name) else redis.call('HSET', record, name, value) end
    end
    for _, key in ipairs(keysIn(record)) do other[key] = not other[key] or nil end
    for key in pairs(other) do redis.call('HSET', announced, key, mark) end
    redis.call('ZADD', dueReconcile, 'LT', dueAt, id)
    written[i] = 1
  end
end
return written`,
});

/** Ends those of these intentions that are still this change's. */
export const DROP_INTENTIONS = defineScript({
  uses: [IS_STILL],
  keyList: 'intentions',
  args: ['fence'],
  lua: `
for _, intention in ipairs(intentions) do
  if isStill(intention, 'stamp', fence) then redis.call('DEL', intention) end
end`,
});

/**
 * Takes a change over whose deadline is at `latest` or before: its fence is the caller's then. Of
 * several who find it abandoned one gets it.
 */
export const TAKE_OVER = defineScript({
  keys: ['intention'],
  args: ['fence', 'deadline', 'latest'],
  reply: asYes,
  lua: `
local present = redis.call('HGET', intention, 'deadline')
if not present or tonumber(present) > tonumber(latest) then return 0 end
redis.call('HSET', intention, 'stamp', fence, 'deadline', deadline)
return 1`,
});

/** Ends an intention, unless somebody has taken it over meanwhile. */
export const DROP_INTENTION = defineScript({
  uses: [IS_STILL],
  keys: ['intention'],
  args: ['fence'],
  lua: "if isStill(intention, 'stamp', fence) then redis.call('DEL', intention) end",
});

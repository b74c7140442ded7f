import { ALL_ITEMS } from '../base/all-items.ts';
import { ASK_FOR_ACCESS } from '../base/asked-access.ts';
import { as, asYes, defineLua, defineScript } from '../base/script.ts';

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
 * Begins a change: writes the intention, of which there is one at a time, and has the reconcile job
 * look at it should this process die. The numbers before are read in the same step, so that the
 * intention names all that may have to be given back. `seen`: where the change was made of a
 * record, what that said of primary number, other numbers and JID.
 */
export const BEGIN = defineScript({
  uses: [RECORD_KEYS],
  keys: ['record', 'intention', 'dueReconcile', 'former'],
  args: ['id', 'stamp', 'now', 'deadline', 'numberKeys', 'jid'],
  lists: ['seen'],
  reply: as<'ok' | 'gone' | 'busy' | 'abandoned' | 'changed'>,
  lua: `
if redis.call('HGET', record, 'state') ~= 'active' then return 'gone' end
local other = redis.call('HGET', intention, 'deadline')
if other then return tonumber(other) > tonumber(now) and 'busy' or 'abandoned' end
for i, field in ipairs({ 'phoneNumber', 'otherPhoneNumbers', 'jid' }) do
  if seen[i] and (redis.call('HGET', record, field) or '') ~= seen[i] then return 'changed' end
end
if redis.call('HEXISTS', former, jid) == 1 then return 'busy' end
local numbers = table.concat(keysIn(record), ' ') .. ' ' .. numberKeys
redis.call('HSET', intention, 'stamp', stamp, 'deadline', deadline, 'numbers', numbers, 'jid', jid)
redis.call('ZADD', dueReconcile, 'LT', deadline, id)
return 'ok'`,
});

/**
 * Writes the record if the intention is still the one with `stamp`, and announces the numbers
 * before and after. With another JID it also marks all that follows: the roster items of the new
 * account by one mark (see `markEachItem`), who sees its tune, and what has to be undone in the old
 * account. All of it in one step: a friend who comes in between would be missing in one of the two
 * rosters. `fields`: of the record, each with its value after it.
 */
export const COMMIT = defineScript({
  uses: [ANNOUNCE, ASK_FOR_ACCESS],
  keys: ['intention', 'former', 'dirtyItems', 'dueReconcile'],
  keyList: 'movedDues',
  args: ['id', 'stamp', 'dueAt'],
  lists: ['fields'],
  reply: as<'ok' | 'lost' | 'gone'>,
  lua: `
local function moveFrom(jid)
  redis.call('HSET', former, jid, 'undo')
  redis.call('HSET', dirtyItems, '${ALL_ITEMS}', mark)
  askForAccess(mark)
  for _, due in ipairs(movedDues) do redis.call('ZADD', due, 'LT', dueAt, id) end
end
if redis.call('HGET', record, 'state') ~= 'active' then return 'gone' end
if redis.call('HGET', intention, 'stamp') ~= stamp then return 'lost' end
announce()
local jid = redis.call('HGET', record, 'jid')
for i = 1, #fields, 2 do
  if fields[i + 1] == '' then redis.call('HDEL', record, fields[i])
  else redis.call('HSET', record, fields[i], fields[i + 1]) end
end
announce()
if redis.call('HGET', record, 'jid') ~= jid then moveFrom(jid) end
redis.call('ZADD', dueReconcile, 'LT', dueAt, id)
return 'ok'`,
});

/**
 * Takes a change over whose deadline is at `latest` or before; of several who find it abandoned one
 * ends it.
 */
export const TAKE_OVER = defineScript({
  keys: ['intention'],
  args: ['stamp', 'deadline', 'latest'],
  reply: asYes,
  lua: `
local present = redis.call('HGET', intention, 'deadline')
if not present or tonumber(present) > tonumber(latest) then return 0 end
redis.call('HSET', intention, 'stamp', stamp, 'deadline', deadline)
return 1`,
});

/** Ends an intention, unless somebody has taken it over meanwhile. */
export const DROP_INTENTION = defineScript({
  keys: ['intention'],
  args: ['stamp'],
  lua: `
if redis.call('HGET', intention, 'stamp') == stamp then redis.call('DEL', intention) end`,
});

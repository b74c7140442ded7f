import { AFTER_ID } from '../base/keys.ts';
import { as, asYes, defineLua, defineScript } from '../base/script.ts';
import { ANNOUNCE, ANNOUNCE_ONE } from './identity-scripts.ts';

/** What became of somebody who was to become active, as `ACTIVATE_ONE` counts: `none`: it was not pending. */
export const ACTIVATED = ['none', 'quiet', 'announced'] as const;

/** What changes a subscriber and marks what follows from it; each script is one step. */

/**
 * Stores pending subscribers, each in its record, and has the account job look at them at `giveUpAt`:
 * in one step, as nobody else would find who never becomes active. `own`: what stands before an id in
 * their keys; `names`: fields of a record; `values`: those of one record after the other, the empty
 * ones left out.
 */
export const BEGIN_PENDING = defineScript({
  keys: ['own', 'dueAccount'],
  args: ['now', 'giveUpAt'],
  lists: ['ids', 'names', 'values'],
  lua: `
local dues = {}
for i, id in ipairs(ids) do
  local fields = { 'state', 'pending', 'heardAt', now }
  for k, name in ipairs(names) do
    local value = values[(i - 1) * #names + k]
    if value ~= '' then
      fields[#fields + 1] = name
      fields[#fields + 1] = value
    end
  end
  redis.call('HSET', own .. id .. '${AFTER_ID.subscriber}', unpack(fields))
  dues[#dues + 1] = giveUpAt
  dues[#dues + 1] = id
end
redis.call('ZADD', dueAccount, unpack(dues))`,
});

/**
 * Lua: from pending to active, once. `look`: when the reconcile job has to look for those who hold a
 * number, empty where nobody held one after the numbers had been claimed. 0 when it was not pending,
 * 2 where it was announced, else 1.
 */
export const ACTIVATE_ONE = defineLua({
  uses: [ANNOUNCE_ONE],
  keys: ['own', 'dueReconcile'],
  args: ['soon'],
  lua: `
local function activate(id, look)
  local one = own .. id .. '${AFTER_ID.subscriber}'
  if redis.call('HGET', one, 'state') ~= 'pending' then return 0 end
  redis.call('HSET', one, 'state', 'active')
  if look == '' and redis.call('EXISTS', own .. id .. '${AFTER_ID.dirtyPairs}') == 1 then look = soon end
  if look == '' then return 1 end
  announceOne(one, own .. id .. '${AFTER_ID.announced}')
  redis.call('ZADD', dueReconcile, 'LT', look, id)
  return 2
end`,
});

/**
 * From pending to active, each once. `own`: what stands before an id in its keys; `looks`: when the reconcile job has to look for those who hold a number, empty where
 * nobody held one after the numbers had been claimed. Then nothing is announced, unless somebody has
 * marked the pair since: whoever comes to hold a number finds its owner, and may have found one that
 * was not active yet. All in one step, or nobody would look for those who hold the numbers. `times`:
 * when the lists `dues` have them. 1 for whom it was pending, 2 where it was announced.
 */
export const ACTIVATE = defineScript({
  uses: [ACTIVATE_ONE],
  keys: ['dueAccount'],
  keyList: 'dues',
  lists: ['ids', 'looks', 'times'],
  reply: as<number[]>,
  lua: `
local outcome, active, entries = {}, {}, {}
for i, id in ipairs(ids) do
  outcome[i] = activate(id, looks[i])
  if outcome[i] > 0 then
    active[#active + 1] = id
    entries[#entries + 1] = times[i]
    entries[#entries + 1] = id
  end
end
if #active > 0 then
  redis.call('ZREM', dueAccount, unpack(active))
  for _, due in ipairs(dues) do redis.call('ZADD', due, unpack(entries)) end
end
return outcome`,
});

/**
 * To leaving, once; announced and listed in the same step, so that an erasure that was asked for is
 * never forgotten. `only`: the state from which alone it may go, any where that is empty; then nobody
 * goes whose account is ordered.
 */
export const LEAVE = defineScript({
  uses: [ANNOUNCE],
  keys: ['leaving'],
  keyList: 'dues',
  args: ['id', 'dueAt', 'only'],
  reply: asYes,
  lua: `
local state = redis.call('HGET', record, 'state')
if not state or state == 'leaving' then return 0 end
if only ~= '' and (state ~= only or redis.call('HEXISTS', record, 'order') == 1) then return 0 end
redis.call('HSET', record, 'state', 'leaving')
announce()
redis.call('SADD', leaving, id)
for _, due in ipairs(dues) do redis.call('ZADD', due, dueAt, id) end
return 1`,
});

/**
 * Gives a new display name, where one is given only in the place of the name `before`. Who is gone
 * gets none, or it would be a record of its name alone.
 */
export const RENAME = defineScript({
  keys: ['record'],
  args: ['name'],
  lists: ['before'],
  reply: asYes,
  lua: `
if not redis.call('HGET', record, 'state') then return 1 end
if before[1] and (redis.call('HGET', record, 'displayName') or '') ~= before[1] then return 0 end
redis.call('HSET', record, 'displayName', name)
return 1`,
});

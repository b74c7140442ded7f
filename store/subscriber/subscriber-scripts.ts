import { IS_STILL } from '../base/fence.ts';
import { AFTER_ID } from '../base/keys.ts';
import { as, asYes, defineLua, defineScript } from '../base/script.ts';
import { NOTE_WATCHED } from '../due/watched.ts';
import { NOTE_CHANGED } from './changed-script.ts';
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
 * Lua: `activate(id, look)`: from pending to active, once; answers a place in `ACTIVATED`. `look`: when
 * the reconcile job has to look for those who hold one of its numbers; empty where nobody held one
 * after the numbers had been claimed. Then nothing is announced, unless somebody has marked the pair
 * since: whoever comes to hold a number later finds its owner, but may have found it not active yet.
 */
export const ACTIVATE_ONE = defineLua({
  uses: [ANNOUNCE_ONE, NOTE_WATCHED, NOTE_CHANGED],
  keys: ['own', 'dueReconcile'],
  args: ['soon'],
  lua: `
local function activate(id, look)
  local one = own .. id .. '${AFTER_ID.subscriber}'
  if redis.call('HGET', one, 'state') ~= 'pending' then return 0 end
  redis.call('HSET', one, 'state', 'active')
  noteWatched(id, soon)
  noteChanged(one)
  if look == '' and redis.call('EXISTS', own .. id .. '${AFTER_ID.dirtyPairs}') == 1 then look = soon end
  if look == '' then return 1 end
  announceOne(one, own .. id .. '${AFTER_ID.announced}')
  redis.call('ZADD', dueReconcile, 'LT', look, id)
  return 2
end`,
});

/**
 * From pending to active, each once, and due in the same step, as nobody else would look for those who
 * hold the numbers. Answers for each what `activate` does. `own`: what stands before an id in its
 * keys; `looks`: of each the argument `look`; `times`: of each the time at which it is due in the lists
 * `dues`.
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
 * never forgotten. With `only` just from that state, and not while an account is ordered.
 */
export const LEAVE = defineScript({
  uses: [ANNOUNCE, NOTE_WATCHED, NOTE_CHANGED],
  keys: ['leaving'],
  keyList: 'dues',
  args: ['id', 'dueAt', 'only'],
  reply: asYes,
  lua: `
local state = redis.call('HGET', record, 'state')
if not state or state == 'leaving' then return 0 end
if only ~= '' and (state ~= only or redis.call('HEXISTS', record, 'order') == 1) then return 0 end
redis.call('HSET', record, 'state', 'leaving')
noteWatched(id, dueAt, true)
if state == 'active' or wasNoted(record) then noteChanged(record) end
announce()
redis.call('SADD', leaving, id)
for _, due in ipairs(dues) do redis.call('ZADD', due, dueAt, id) end
return 1`,
});

/**
 * Gives a new display name; with `before` only where that is the present one, and else answers 0.
 * Nothing is written where there is no record, or there would be one with a name alone.
 */
export const RENAME = defineScript({
  uses: [IS_STILL, NOTE_CHANGED],
  keys: ['record'],
  args: ['name'],
  lists: ['before'],
  reply: asYes,
  lua: `
if not redis.call('HGET', record, 'state') then return 1 end
if before[1] and not isStill(record, 'displayName', before[1]) then return 0 end
redis.call('HSET', record, 'displayName', name)
if redis.call('HGET', record, 'state') == 'active' or wasNoted(record) then noteChanged(record) end
return 1`,
});

import { as, asYes, defineScript } from '../base/script.ts';
import { ANNOUNCE, ANNOUNCE_ONE } from './identity-scripts.ts';

/** What changes a subscriber and marks what follows from it; each script is one step. */

/**
 * From pending to active, each once. `places`: of each its record, its announced numbers and its
 * marked pairs; `looks`: when the reconcile job has to look for those who hold a number, empty where
 * nobody held one after the numbers had been claimed. Then nothing is announced, unless somebody has
 * marked the pair since: whoever comes to hold a number finds its owner, and may have found one that
 * was not active yet. All in one step, or nobody would look for those who hold the numbers. `times`:
 * when the due lists after these have them. 1 for whom it was pending, 2 where it was announced.
 */
export const ACTIVATE = defineScript({
  uses: [ANNOUNCE_ONE],
  keys: ['dueAccount', 'dueReconcile'],
  keyList: 'places',
  args: ['soon'],
  lists: ['ids', 'looks', 'times'],
  reply: as<number[]>,
  lua: `
local function activate(id, look, one, marks, pairsOfOne)
  if redis.call('HGET', one, 'state') ~= 'pending' then return 0 end
  redis.call('HSET', one, 'state', 'active')
  if look == '' and redis.call('EXISTS', pairsOfOne) == 1 then look = soon end
  if look == '' then return 1 end
  announceOne(one, marks)
  redis.call('ZADD', dueReconcile, 'LT', look, id)
  return 2
end
local outcome, active, dues = {}, {}, {}
for i, id in ipairs(ids) do
  outcome[i] = activate(id, looks[i], places[3 * i - 2], places[3 * i - 1], places[3 * i])
  if outcome[i] > 0 then
    active[#active + 1] = id
    dues[#dues + 1] = times[i]
    dues[#dues + 1] = id
  end
end
if #active > 0 then
  redis.call('ZREM', dueAccount, unpack(active))
  for at = 3 * #ids + 1, #places do redis.call('ZADD', places[at], unpack(dues)) end
end
return outcome`,
});

/**
 * To leaving, once; announced and listed in the same step, so that an erasure that was asked for is
 * never forgotten. `only`: the state from which alone it may go, any where that is empty.
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
if only ~= '' and state ~= only then return 0 end
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

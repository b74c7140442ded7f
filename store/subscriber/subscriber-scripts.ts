import { as, asYes, defineScript } from '../base/script.ts';
import { ANNOUNCE, ANNOUNCE_ONE } from './identity-scripts.ts';

/** What changes a subscriber and marks what follows from it; each script is one step. */

/**
 * From pending to active, each once: the numbers are announced in the same step, or nobody would
 * look for those who hold them. `places`: of each its record and its hash of announced numbers, and
 * then the due lists that get all of them, each at its own time. 1 for whom it was pending.
 */
export const ACTIVATE = defineScript({
  uses: [ANNOUNCE_ONE],
  keys: ['dueAccount'],
  keyList: 'places',
  lists: ['ids', 'times'],
  reply: as<number[]>,
  lua: `
local function activate(id, time, one, marks)
  if redis.call('HGET', one, 'state') ~= 'pending' then return 0 end
  redis.call('HSET', one, 'state', 'active')
  announceOne(one, marks)
  redis.call('ZREM', dueAccount, id)
  for at = 2 * #ids + 1, #places do redis.call('ZADD', places[at], time, id) end
  return 1
end
local outcome = {}
for i, id in ipairs(ids) do outcome[i] = activate(id, times[i], places[2 * i - 1], places[2 * i]) end
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

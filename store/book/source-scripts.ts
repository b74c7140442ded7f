import { DROP_BOOK } from './book-drop.ts';
import { BUDGET } from './budget-script.ts';
import { FORGIVE } from './forgiving.ts';
import { MOST_SOURCES } from './source-record.ts';

/** What changes the sources of a subscriber; each script is one step, in the subscriber's slot. */

/** Cards of one source whose rejection is remembered. */
const MOST_REJECTED = 1_000;

/** KEYS 1 to 8: the source, sources, due:source, due:reconcile, dirty-numbers; book, held and uids of the source; 9, 10: photos, rejected; 11 to 16: declined, books; 17 to 20: `keys.budget`. */
const EMPTY = `${DROP_BOOK}${FORGIVE}${BUDGET}
local function empty(id, stamp, due, first, daily, now)
  local b = openBudget(KEYS[17], KEYS[18], KEYS[19], KEYS[20], id, first, daily, now)
  local touched, gone = dropBook(KEYS[6], KEYS[7], KEYS[8], KEYS[5], stamp, b.waiting)
  if touched > 0 then redis.call('ZADD', KEYS[4], due, id) end
  forgive(KEYS[11], gone, unpack(KEYS, 12, 16))
  local others = otherBooks(KEYS[7], unpack(KEYS, 12, 16))
  for number in pairs(gone) do left(b, others, number) end
  if touched > 0 then closeBudget(b) end
  redis.call('UNLINK', KEYS[9], KEYS[10])
end`;

/** KEYS as above, and the subscriber. ARGV: id, name, url, credentials, now, due time, stamp, first, daily. */
export const LINK = `${EMPTY}
if redis.call('HGET', KEYS[21], 'state') ~= 'active' then return 'gone' end
local url = redis.call('HGET', KEYS[1], 'url')
if not url and redis.call('SCARD', KEYS[2]) >= ${MOST_SOURCES} then return 'full' end
local lastRead = redis.call('HGET', KEYS[1], 'lastRead')
local collection = redis.call('HGET', KEYS[1], 'collection')
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'url', ARGV[3], 'credentials', ARGV[4], 'next', ARGV[5])
if url and url ~= ARGV[3] then empty(ARGV[1], ARGV[7], ARGV[6], ARGV[8], ARGV[9], ARGV[5])
else
  if lastRead then redis.call('HSET', KEYS[1], 'lastRead', lastRead) end
  if collection then redis.call('HSET', KEYS[1], 'collection', collection) end
end
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[3], 'LT', ARGV[6], ARGV[1])
return 'ok'`;

/** KEYS as above. ARGV: id, name, due time, stamp, first, daily, now. */
export const UNLINK = `${EMPTY}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
empty(ARGV[1], ARGV[4], ARGV[3], ARGV[5], ARGV[6], ARGV[7])
redis.call('UNLINK', KEYS[1], KEYS[6])
redis.call('SREM', KEYS[2], ARGV[2])
return 1`;

/** KEYS: source, sources, subscriber. ARGV: name, lease, now. In place of a network address book of that name. */
export const RECEIVE = `
if redis.call('HGET', KEYS[3], 'state') ~= 'active' then return 'gone' end
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 0 and redis.call('SCARD', KEYS[2]) >= ${MOST_SOURCES} then return 'full' end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'url', '', 'credentials', '', 'lastRead', ARGV[3], 'lease', ARGV[2])
redis.call('SADD', KEYS[2], ARGV[1])
return 'ok'`;

/** KEYS: source, due:source. ARGV: id, now, due time. A book that is sent cannot be read. */
export const ASK = `
if (redis.call('HGET', KEYS[1], 'url') or '') == '' then return 0 end
redis.call('HSET', KEYS[1], 'next', ARGV[2])
redis.call('ZADD', KEYS[2], 'LT', ARGV[3], ARGV[1])
return 1`;

/** KEYS: source. ARGV: the lease. */
export const BEGIN = `
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
redis.call('HSET', KEYS[1], 'lease', ARGV[1])
return redis.call('HGETALL', KEYS[1])`;

/**
 * KEYS: source, rejected. ARGV: lease, the time of reading that was seen, the next one, and as JSON the fields to set and to unset,
 * and of a read that did not fail what was rejected: { whole, cards (all that were read), reasons (card → reason) }.
 * Whoever asked for another read meanwhile gets it.
 */
export const SETTLE = `
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then return 0 end
local outcome = cjson.decode(ARGV[4])
for field, value in pairs(outcome.set) do redis.call('HSET', KEYS[1], field, value) end
for _, field in ipairs(outcome.unset) do redis.call('HDEL', KEYS[1], field) end
if redis.call('HGET', KEYS[1], 'next') == ARGV[2] then redis.call('HSET', KEYS[1], 'next', ARGV[3]) end
if not outcome.rejected then return 1 end
if outcome.rejected.whole then redis.call('UNLINK', KEYS[2])
else for _, card in ipairs(outcome.rejected.cards) do redis.call('HDEL', KEYS[2], card) end end
local room = ${MOST_REJECTED} - redis.call('HLEN', KEYS[2])
for card, reason in pairs(outcome.rejected.reasons) do
  if room <= 0 then break end
  redis.call('HSET', KEYS[2], card, reason)
  room = room - 1
end
return 1`;

/** KEYS: sources, due:source, and what stands before a source's name in its key. ARGV: id, and names with the times before which they are not due. */
export const SCHEDULE = `
local first, earliest = nil, {}
for i = 2, #ARGV, 2 do earliest[ARGV[i]] = tonumber(ARGV[i + 1]) end
for _, name in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local next = tonumber(redis.call('HGET', KEYS[3] .. name, 'next'))
  if next and earliest[name] then next = math.max(next, earliest[name]) end
  if next and (not first or next < first) then first = next end
end
if first then redis.call('ZADD', KEYS[2], string.format('%d', first), ARGV[1])
else redis.call('ZREM', KEYS[2], ARGV[1]) end`;

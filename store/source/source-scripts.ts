import { IS_STILL } from '../base/fence.ts';
import { as, asYes, defineLua, defineScript } from '../base/script.ts';
import { SOURCE_FENCE } from '../image/source-fence.ts';
import { MOST_SOURCES } from './source-record.ts';

/** What changes the sources of a subscriber; each script is one step, in the subscriber's slot. */

/** Cards of one source whose rejection is remembered. */
export const MOST_REJECTED = 1_000;

/**
 * Lua: `isFilled()`: whether the source's book has contacts, and so has to be emptied first
 * (`emptyBook`). A new fence keeps each read that is under way from writing the book meanwhile. The
 * next read is in full, as this process may die when it has emptied a part of the book.
 */
const FILLED = defineLua({
  keys: ['source', 'book'],
  args: ['fence'],
  lua: `
local function isFilled()
  local state = redis.call('HMGET', book, 'contacts', 'writing')
  if (state[1] or '0') == '0' and not state[2] then return false end
  redis.call('HSET', source, '${SOURCE_FENCE}', fence)
  redis.call('HDEL', source, 'syncToken', 'etags')
  return true
end`,
});

/**
 * Links a source, or replaces the one of that name. With another URL only when its former book is
 * empty, so that no read of the new one finds contacts of the old. Whoever comes at once with
 * another source finds the set full or not.
 */
export const LINK = defineScript({
  uses: [FILLED],
  keys: ['record', 'sources', 'dueSource', 'photos', 'images', 'rejected'],
  args: ['id', 'name', 'url', 'credentials', 'now', 'dueAt'],
  reply: as<'ok' | 'full' | 'gone' | 'filled'>,
  lua: `
if redis.call('HGET', record, 'state') ~= 'active' then return 'gone' end
local before = redis.call('HMGET', source, 'url', 'lastRead', 'collection')
if not before[1] and redis.call('SCARD', sources) >= ${MOST_SOURCES} then return 'full' end
local other = before[1] and before[1] ~= url
if other and isFilled() then return 'filled' end
redis.call('DEL', source)
redis.call('HSET', source, 'url', url, 'credentials', credentials, 'next', now)
if other then
  redis.call('UNLINK', photos, images, rejected)
else
  if before[2] then redis.call('HSET', source, 'lastRead', before[2]) end
  if before[3] then redis.call('HSET', source, 'collection', before[3]) end
end
redis.call('SADD', sources, name)
redis.call('ZADD', dueSource, 'LT', dueAt, id)
return 'ok'`,
});

/**
 * Removes a source when its book is empty: a book without its source is in no list, and nobody
 * would ever empty it.
 */
export const UNLINK = defineScript({
  uses: [FILLED],
  keys: ['sources', 'photos', 'images', 'rejected'],
  args: ['name'],
  reply: as<'ok' | 'gone' | 'filled'>,
  lua: `
if redis.call('EXISTS', source) == 0 then return 'gone' end
if isFilled() then return 'filled' end
redis.call('UNLINK', photos, images, rejected, source, book)
redis.call('SREM', sources, name)
return 'ok'`,
});

/**
 * Begins to take a book that a client sends, in the place of a network address book of that name. The
 * fence keeps any read that is under way from writing it.
 */
export const RECEIVE = defineScript({
  keys: ['record', 'source', 'sources'],
  args: ['name', 'fence', 'now'],
  reply: as<'ok' | 'full' | 'gone'>,
  lua: `
if redis.call('HGET', record, 'state') ~= 'active' then return 'gone' end
local known = redis.call('SISMEMBER', sources, name) == 1
if not known and redis.call('SCARD', sources) >= ${MOST_SOURCES} then return 'full' end
redis.call('DEL', source)
redis.call('HSET', source, 'url', '', 'credentials', '', 'lastRead', now, '${SOURCE_FENCE}', fence)
redis.call('SADD', sources, name)
return 'ok'`,
});

/** Has a source read at once, unless it is gone by now. A book that is sent cannot be read. */
export const ASK = defineScript({
  keys: ['source', 'dueSource'],
  args: ['id', 'now', 'dueAt'],
  reply: asYes,
  lua: `
if (redis.call('HGET', source, 'url') or '') == '' then return 0 end
redis.call('HSET', source, 'next', now)
redis.call('ZADD', dueSource, 'LT', dueAt, id)
return 1`,
});

/**
 * Begins a read: writes its fence, and answers the source as it is in that step. Where the source is
 * gone nothing is written, or it would be there again with a fence alone. A book that a read has
 * left half-written is read in full.
 */
export const BEGIN = defineScript({
  keys: ['source', 'book'],
  args: ['fence'],
  reply: as<string[]>,
  lua: `
if redis.call('EXISTS', source) == 0 then return {} end
redis.call('HSET', source, '${SOURCE_FENCE}', fence)
if redis.call('HEXISTS', book, 'writing') == 1 then redis.call('HDEL', source, 'syncToken', 'etags') end
return redis.call('HGETALL', source)`,
});

/**
 * Notes what a read has found out, unless another has begun since. `seen`: the time of the next read
 * as it stood when this one began; where somebody has asked for another read meanwhile, that one's
 * time stays. `set`: fields, each with its value
 * after it. `cards` were read, which forgets why they were refused; all of them when it is `all`,
 * and it is empty after a read that failed. `reasons`: cards, each with why it was refused.
 */
export const SETTLE = defineScript({
  uses: [IS_STILL],
  keys: ['source', 'rejected'],
  args: ['fence', 'seen', 'next', 'cards'],
  lists: ['set', 'unset', 'reasons'],
  lua: `
if not isStill(source, '${SOURCE_FENCE}', fence) then return end
for i = 1, #set, 2 do redis.call('HSET', source, set[i], set[i + 1]) end
for _, field in ipairs(unset) do redis.call('HDEL', source, field) end
if isStill(source, 'next', seen) then redis.call('HSET', source, 'next', next) end
if cards == 'all' then redis.call('UNLINK', rejected) end
for card in string.gmatch(cards, '%S+') do redis.call('HDEL', rejected, card) end
local room = ${MOST_REJECTED} - redis.call('HLEN', rejected)
for i = 1, math.min(#reasons, 2 * room), 2 do redis.call('HSET', rejected, reasons[i], reasons[i + 1]) end`,
});

/**
 * Puts the subscriber into the due list at the time of its first read, or out of it, as its sources
 * are at that moment. `source` is what stands before a source's name; `earliest`: names, each with
 * the time before which it is not due.
 */
export const SCHEDULE = defineScript({
  keys: ['sources', 'dueSource', 'source'],
  args: ['id'],
  lists: ['earliest'],
  lua: `
local first, putOff = nil, {}
for i = 1, #earliest, 2 do putOff[earliest[i]] = tonumber(earliest[i + 1]) end
for _, name in ipairs(redis.call('SMEMBERS', sources)) do
  local time = tonumber(redis.call('HGET', source .. name, 'next'))
  if time and putOff[name] then time = math.max(time, putOff[name]) end
  if time and (not first or time < first) then first = time end
end
if first then redis.call('ZADD', dueSource, string.format('%d', first), id)
else redis.call('ZREM', dueSource, id) end`,
});

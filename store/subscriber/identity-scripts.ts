/** The steps of a change of numbers or JID that touch the subscriber's own slot; each script is one step. */

/** Lua: every number key of the record. */
export const RECORD_KEYS = `
local function recordKeys(record)
  local fields = redis.call('HMGET', record, 'numberKeys', 'numberKey')
  local keys = {}
  for key in string.gmatch((fields[1] and fields[1] ~= '') and fields[1] or fields[2] or '', '%S+') do keys[#keys + 1] = key end
  return keys
end`;

/**
 * KEYS: record, intention, due:reconcile, former. ARGV: id, stamp, time, deadline, wanted number keys, wanted JID; and, where the change
 * was made of a record, what that said: primary number, other numbers, JID.
 */
export const BEGIN = `${RECORD_KEYS}
if redis.call('HGET', KEYS[1], 'state') ~= 'active' then return 'gone' end
local other = redis.call('HGET', KEYS[2], 'deadline')
if other then return tonumber(other) > tonumber(ARGV[3]) and 'busy' or 'abandoned' end
for i, field in ipairs({ 'phoneNumber', 'otherPhoneNumbers', 'jid' }) do
  if ARGV[6 + i] and (redis.call('HGET', KEYS[1], field) or '') ~= ARGV[6 + i] then return 'changed' end
end
if redis.call('HEXISTS', KEYS[4], ARGV[6]) == 1 then return 'busy' end
local numbers = table.concat(recordKeys(KEYS[1]), ' ') .. ' ' .. ARGV[5]
redis.call('HSET', KEYS[2], 'stamp', ARGV[2], 'deadline', ARGV[4], 'numbers', numbers, 'jid', ARGV[6])
redis.call('ZADD', KEYS[3], 'LT', ARGV[4], ARGV[1])
return 'ok'`;

// Every item of the new account's roster has to be made, who sees its tune be said, and the old account's roster and tune undone.
const MOVE = `
local function move(from, stamp, id, due)
  redis.call('HSET', KEYS[5], from, 'undo')
  for _, json in ipairs(redis.call('HVALS', KEYS[6])) do
    local friend = cjson.decode(json)
    redis.call('HSET', KEYS[7], friend.jid, friend.id .. ' ' .. stamp)
  end
  redis.call('HSET', KEYS[9], 'generation', stamp, 'access', stamp)
  redis.call('ZADD', KEYS[8], 'LT', due, id)
  for i = 10, #KEYS do redis.call('ZADD', KEYS[i], 'LT', due, id) end
end`;

/**
 * KEYS: record, intention, announced, due:reconcile, former, friends, dirty-items, due:roster, playing, due:listen and those of
 * the outlets.
 * ARGV: id, stamp of the intention, due time, stamp of the marks, fields of the record.
 */
export const COMMIT = `${RECORD_KEYS}${MOVE}
if redis.call('HGET', KEYS[1], 'state') ~= 'active' then return 'gone' end
if redis.call('HGET', KEYS[2], 'stamp') ~= ARGV[2] then return 'lost' end
local function announce()
  for _, key in ipairs(recordKeys(KEYS[1])) do redis.call('HSET', KEYS[3], key, ARGV[4]) end
end
announce()
local jid = redis.call('HGET', KEYS[1], 'jid')
for i = 5, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i])
  else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
announce()
if redis.call('HGET', KEYS[1], 'jid') ~= jid then move(jid, ARGV[4], ARGV[1], ARGV[3]) end
redis.call('ZADD', KEYS[4], 'LT', ARGV[3], ARGV[1])
return 'ok'`;

/** KEYS: intention. ARGV: new stamp, new deadline, the latest deadline that has passed. */
export const TAKE_OVER = `
local deadline = redis.call('HGET', KEYS[1], 'deadline')
if not deadline or tonumber(deadline) > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], 'stamp', ARGV[1], 'deadline', ARGV[2])
return 1`;

/** KEYS: intention. ARGV: stamp. */
export const DROP_INTENTION = `
if redis.call('HGET', KEYS[1], 'stamp') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** What changes a subscriber and marks what follows from it; each script is one step. */

/** KEYS: record, announced, due:reconcile, due:account, due:listen. ARGV: id, number key, due time, stamp. */
export const ACTIVATE = `
if redis.call('HGET', KEYS[1], 'state') ~= 'pending' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'active')
redis.call('HSET', KEYS[2], ARGV[2], ARGV[4])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[3], ARGV[1])
return 1`;

/**
 * KEYS: record, old and new directory bucket, announced, due:reconcile.
 * ARGV: id, old number key, old field, new number key, new field, phone number, due time, stamp.
 */
export const CHANGE_NUMBER = `
local record = redis.call('HMGET', KEYS[1], 'state', 'numberKey', 'index')
if record[1] ~= 'active' then return 'gone' end
if record[2] ~= ARGV[2] then return 'changed' end
if redis.call('HEXISTS', KEYS[3], ARGV[5]) == 1 then return 'number-taken' end
redis.call('HDEL', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[3], ARGV[5], record[3])
redis.call('HSET', KEYS[1], 'phoneNumber', ARGV[6], 'numberKey', ARGV[4])
redis.call('HSET', KEYS[4], ARGV[2], ARGV[8], ARGV[4], ARGV[8])
redis.call('ZADD', KEYS[5], ARGV[7], ARGV[1])
return 'ok'`;

/** KEYS: record, announced, leaving, due:reconcile, due:listen. ARGV: id, due time, stamp. */
export const LEAVE = `
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'leaving' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'leaving')
redis.call('HSET', KEYS[2], redis.call('HGET', KEYS[1], 'numberKey'), ARGV[3])
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[2], ARGV[1])
return 1`;

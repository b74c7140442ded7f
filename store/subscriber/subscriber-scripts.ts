import { RECORD_KEYS } from './identity-scripts.ts';

/** What changes a subscriber and marks what follows from it; each script is one step. */

/** KEYS: record, announced, due:reconcile, due:account, due:listen. ARGV: id, due time, stamp. */
export const ACTIVATE = `${RECORD_KEYS}
if redis.call('HGET', KEYS[1], 'state') ~= 'pending' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'active')
for _, key in ipairs(recordKeys(KEYS[1])) do redis.call('HSET', KEYS[2], key, ARGV[3]) end
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[2], ARGV[1])
return 1`;

/** KEYS: record, announced, leaving, due:reconcile, due:listen. ARGV: id, due time, stamp. */
export const LEAVE = `${RECORD_KEYS}
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'leaving' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'leaving')
for _, key in ipairs(recordKeys(KEYS[1])) do redis.call('HSET', KEYS[2], key, ARGV[3]) end
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[2], ARGV[1])
return 1`;

/** KEYS: record. ARGV: name, and the one that it must have now. Who is gone gets none, or it would be a record of its name alone. */
export const RENAME = `
local state = redis.call('HGET', KEYS[1], 'state')
if not state then return 1 end
if ARGV[2] and (redis.call('HGET', KEYS[1], 'displayName') or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'displayName', ARGV[1])
return 1`;

/** What becomes of a code; each script is one step. KEYS: verification, due:verification. ARGV[1]: id. */

/** Lua: somebody holds a claim that is not over at `now`. */
const CLAIMED = `
local function claimed(now) return tonumber(redis.call('HGET', KEYS[1], 'claimedUntil') or '0') > tonumber(now) end`;

/** ARGV: id, now. */
export const ATTEMPT = `${CLAIMED}
if redis.call('EXISTS', KEYS[1]) == 0 or claimed(ARGV[2]) then return nil end
if redis.call('HINCRBY', KEYS[1], 'tries', -1) < 0 then return nil end
return redis.call('HGET', KEYS[1], 'codeHash')`;

/** ARGV: id, now, stamp, end of the claim. */
export const CLAIM = `${CLAIMED}
if redis.call('EXISTS', KEYS[1]) == 0 or claimed(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'claim', ARGV[3], 'claimedUntil', ARGV[4])
return 1`;

/** ARGV: id, stamp. */
export const CONSUME = `
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1`;

/** ARGV: id, stamp. */
export const RELEASE = `
if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], 'claim', 'claimedUntil')
return redis.call('HINCRBY', KEYS[1], 'tries', 1)`;

/** ARGV: id. */
export const DELIVERED = `
redis.call('HDEL', KEYS[1], 'message')
return redis.call('ZREM', KEYS[2], ARGV[1])`;

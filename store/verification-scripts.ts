/** What becomes of a code; each script is one step. KEYS: verification, due:verification. ARGV[1]: id. */

/** Lua: somebody holds a claim that is not over at `now`. */
const CLAIMED = `
local function claimed(now) return tonumber(redis.call('HGET', KEYS[1], 'claimedUntil') or '0') > tonumber(now) end`;

/** ARGV: id, nonce, now. */
export const ATTEMPT = `${CLAIMED}
if redis.call('HGET', KEYS[1], 'nonce') ~= ARGV[2] or claimed(ARGV[3]) then return nil end
if redis.call('HINCRBY', KEYS[1], 'tries', -1) < 0 then return nil end
return redis.call('HGET', KEYS[1], 'codeHash')`;

/** ARGV: id, nonce, now, stamp, end of the claim. */
export const CLAIM = `${CLAIMED}
if redis.call('HGET', KEYS[1], 'nonce') ~= ARGV[2] or claimed(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], 'claim', ARGV[4], 'claimedUntil', ARGV[5])
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

/** ARGV: id, nonce. */
export const DELIVERED = `
if redis.call('HGET', KEYS[1], 'nonce') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], 'message')
return redis.call('ZREM', KEYS[2], ARGV[1])`;

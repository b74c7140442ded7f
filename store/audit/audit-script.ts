/**
 * Adds an entry. KEYS: stream, lanes, clock, share. ARGV: lane, most entries of the stream, most of the share or 0, its seconds, then the fields.
 * The ids of all streams come from one clock, so that together they read as one trail, whatever the time does. The last entry of a share
 * says `more`; what goes beyond is not written: 0.
 */
export const RECORD = `
local fields = {unpack(ARGV, 5)}
local share = tonumber(ARGV[3])
if share > 0 then
  local count = redis.call('INCR', KEYS[4])
  if count == 1 then redis.call('EXPIRE', KEYS[4], ARGV[4]) end
  if count > share then return 0 end
  if count == share then
    fields[#fields + 1] = 'more'
    fields[#fields + 1] = '1'
  end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('HGET', KEYS[3], 'time') or 0)
if now < last then now = last end
redis.call('HSET', KEYS[3], 'time', string.format('%d', now))
local id = string.format('%d-%d', now, redis.call('HINCRBY', KEYS[3], 'number', 1))
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], id, unpack(fields))
return 1`;

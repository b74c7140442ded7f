import { asYes, defineScript } from '../base/script.ts';

/**
 * Adds an entry (`fields`, each with its value after it) to a stream of so many entries (`length`).
 * The ids of all streams come from one clock, read and set in the same step, so that together they
 * read as one trail, whatever the time does. `most` of a share is 0 where there is no limit; the
 * last entry of a share says `more`, and what goes beyond is not written: 0.
 */
export const RECORD = defineScript({
  keys: ['stream', 'lanes', 'clock', 'share'],
  args: ['lane', 'length', 'most', 'seconds'],
  lists: ['fields'],
  reply: asYes,
  lua: `
local limit = tonumber(most)
if limit > 0 then
  local count = redis.call('INCR', share)
  if count == 1 then redis.call('EXPIRE', share, seconds) end
  if count > limit then return 0 end
  if count == limit then
    fields[#fields + 1] = 'more'
    fields[#fields + 1] = '1'
  end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('HGET', clock, 'time') or 0)
if now < last then now = last end
redis.call('HSET', clock, 'time', string.format('%d', now))
local id = string.format('%d-%d', now, redis.call('HINCRBY', clock, 'number', 1))
redis.call('SADD', lanes, lane)
redis.call('XADD', stream, 'MAXLEN', '~', length, id, unpack(fields))
return 1`,
});

import { defineScript } from '../base/script.ts';

/**
 * Adds entries to a stream of so many (`length`); `fields`: `words` of them for each entry, each
 * with its value after it. The ids of all streams come from one clock, read and set in the same
 * step, so that together they read as one trail, whatever the time does. `most` of a share is 0
 * where there is no limit; the last entry of a share says `more`, and what goes beyond is not
 * written. Answers how many were.
 */
export const RECORD = defineScript({
  keys: ['stream', 'lanes', 'clock', 'share'],
  args: ['lane', 'length', 'most', 'seconds', 'words'],
  lists: ['fields'],
  reply: Number,
  lua: `
local limit, size, written = tonumber(most), tonumber(words), 0
local function isLast()
  if limit == 0 then return false end
  local count = redis.call('INCR', share)
  if count == 1 then redis.call('EXPIRE', share, seconds) end
  if count > limit then return nil end
  return count == limit
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('HGET', clock, 'time') or 0)
if now < last then now = last end
redis.call('HSET', clock, 'time', string.format('%d', now))
redis.call('SADD', lanes, lane)
for at = 1, #fields, size do
  local entry, isLastOne = { unpack(fields, at, at + size - 1) }, isLast()
  if isLastOne == nil then break end
  if isLastOne then
    entry[#entry + 1] = 'more'
    entry[#entry + 1] = '1'
  end
  local id = string.format('%d-%d', now, redis.call('HINCRBY', clock, 'number', 1))
  redis.call('XADD', stream, 'MAXLEN', '~', length, id, unpack(entry))
  written = written + 1
end
return written`,
});

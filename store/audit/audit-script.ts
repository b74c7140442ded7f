import { defineScript } from '../base/script.ts';

/**
 * Adds `count` entries to a stream of so many (`length`). `fields`: names and values of the first in
 * turn; `slots`: at which of these words the entries differ; `values`: these words of each entry. So
 * what is the same in all of them is told once. The ids of all streams come from one clock, read and
 * set in the same step, so that together they read as one trail, whatever the time does. `most` of a
 * share is empty where there is no limit; the last entry of a share says `more`, and what goes beyond is
 * not written. Answers how many were.
 */
export const RECORD = defineScript({
  keys: ['stream', 'lanes', 'clock', 'share'],
  args: ['lane', 'length', 'most', 'seconds', 'count'],
  lists: ['fields', 'slots', 'values'],
  reply: Number,
  lua: `
local limit, wanted, last = tonumber(most), tonumber(count), nil
if limit then
  local used = redis.call('INCRBY', share, wanted)
  if used == wanted then redis.call('EXPIRE', share, seconds) end
  last = limit - (used - wanted)
  wanted = math.min(wanted, last)
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = redis.call('HMGET', clock, 'time', 'number')
local number = tonumber(before[2] or 0)
now = math.max(now, tonumber(before[1] or 0))
local newNumber = string.format('%d', number + math.max(wanted, 0))
redis.call('HSET', clock, 'time', string.format('%d', now), 'number', newNumber)
redis.call('SADD', lanes, lane)
if wanted <= 0 then return 0 end
for i = 1, wanted do
  for k, slot in ipairs(slots) do fields[tonumber(slot)] = values[(i - 1) * #slots + k] end
  if i == last then
    fields[#fields + 1] = 'more'
    fields[#fields + 1] = '1'
  end
  redis.call('XADD', stream, 'MAXLEN', '~', length, string.format('%d-%d', now, number + i), unpack(fields))
end
return wanted`,
});

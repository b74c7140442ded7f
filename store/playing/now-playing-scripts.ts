import { NOW_PLAYING } from '../base/events.ts';

/** What changes what a subscriber plays, and what the server was told of it; each script is one step, and tells the pages in it. */

/** What the field of a device begins with. */
export const DEVICE = 'device:';

/** Lua: notes a device and has it looked at; of more than `most` those go that began first. What an earlier version wrote began before all. */
const NOTE = `
local function isDevice(field) return string.sub(field, 1, ${DEVICE.length}) == '${DEVICE}' end
local function makeRoom(playing, new, most)
  if redis.call('HLEN', playing) <= most then return end
  local fields, others = redis.call('HGETALL', playing), {}
  for i = 1, #fields, 2 do
    local since = tonumber(string.match(fields[i + 1], '^%d+') or '0')
    if isDevice(fields[i]) and fields[i] ~= new then others[#others + 1] = { field = fields[i], since = since } end
  end
  table.sort(others, function(a, b) return a.since < b.since end)
  for i = 1, #others + 1 - most do redis.call('HDEL', playing, others[i].field) end
end
local function note(playing, device, value, generation, most)
  redis.call('HSET', playing, device, value, 'generation', generation)
  makeRoom(playing, device, tonumber(most))
end`;

/**
 * Lua: another tune may be shown now, so the subscriber is due for every outlet, and whoever listens is told. The due lists are the last of
 * the keys, from `first` on.
 */
const CHANGED = `
local function changed(id, first, time, channel)
  for i = first, #KEYS do redis.call('ZADD', KEYS[i], time, id) end
  redis.call('PUBLISH', channel, '${NOW_PLAYING}')
end`;

/** KEYS: playing, due lists. ARGV: id, device, value, generation, due time, most devices, channel of events. */
export const PLAY = `${NOTE}${CHANGED}
note(KEYS[1], ARGV[2], ARGV[3], ARGV[4], ARGV[6])
changed(ARGV[1], 2, ARGV[5], ARGV[7])
return 1`;

/** KEYS: playing, due lists. ARGV: id, generation, due time, channel of events, devices. */
export const STOP = `${CHANGED}
local gone = 0
for i = 5, #ARGV do gone = gone + redis.call('HDEL', KEYS[1], ARGV[i]) end
if gone == 0 then return 0 end
redis.call('HSET', KEYS[1], 'generation', ARGV[2])
changed(ARGV[1], 2, ARGV[3], ARGV[4])
return gone`;

/**
 * What is shown is known only while no publish of ours is under way. Somebody who left meanwhile must leave nothing behind.
 * KEYS: playing, told:xmpp, record, due lists. ARGV: id, device, value (empty: it ended), generation, due time, most devices, what is shown now
 * (`told` or `unknown`) and its fingerprint, whether it is what nobody can read ('1'), channel of events.
 */
export const OWN = `${NOTE}${CHANGED}
if redis.call('HGET', KEYS[3], 'state') ~= 'active' then return 0 end
if ARGV[3] ~= '' then note(KEYS[1], ARGV[2], ARGV[3], ARGV[4], ARGV[6])
elseif redis.call('HDEL', KEYS[1], ARGV[2]) == 0 and ARGV[9] ~= '1' then return 0
else redis.call('HSET', KEYS[1], 'generation', ARGV[4]) end
if redis.call('HGET', KEYS[2], 'state') ~= 'unknown' then
  redis.call('HSET', KEYS[2], 'state', ARGV[7], 'fingerprint', ARGV[8])
end
changed(ARGV[1], 4, ARGV[5], ARGV[10])
return 1`;

/**
 * KEYS: playing, told, due:<outlet>. ARGV: id, generation, when to look again (empty: never), how many of the following say what was told, these fields
 * and values, then fields of `playing` that are done with.
 */
export const FINISH = `
local rest = 5 + tonumber(ARGV[4])
if rest > 5 then redis.call('HSET', KEYS[2], unpack(ARGV, 5, rest - 1)) end
if (redis.call('HGET', KEYS[1], 'generation') or '') ~= ARGV[2] then return 0 end
for i = rest, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
if ARGV[3] ~= '' then return redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1]) end
-- Nothing but the generation.
if redis.call('HLEN', KEYS[1]) == 1 then redis.call('DEL', KEYS[1]) end
return redis.call('ZREM', KEYS[3], ARGV[1])`;

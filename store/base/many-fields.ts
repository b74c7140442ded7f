import { defineLua } from './script.ts';

/** What one call is given: Lua hands on a few thousand arguments at once. */
const WORDS = 2_000;

/**
 * Lua: many fields of a hash by few calls, each of which costs Redis more than a field does.
 * `valuesOf(hash, fields)`: in their order, false for one that is not there. `setFields(hash, words)`:
 * fields, each with its value after it. `dropFields(hash, fields)`: answers how many there were.
 */
export const MANY_FIELDS = defineLua({
  lua: `
local function valuesOf(hash, fields)
  local values = {}
  for first = 1, #fields, ${WORDS} do
    local some = redis.call('HMGET', hash, unpack(fields, first, math.min(first + ${WORDS - 1}, #fields)))
    for i, value in ipairs(some) do values[first + i - 1] = value end
  end
  return values
end
local function setFields(hash, words)
  for first = 1, #words, ${WORDS} do
    redis.call('HSET', hash, unpack(words, first, math.min(first + ${WORDS - 1}, #words)))
  end
end
local function dropFields(hash, fields)
  local dropped = 0
  for first = 1, #fields, ${WORDS} do
    dropped = dropped + redis.call('HDEL', hash, unpack(fields, first, math.min(first + ${WORDS - 1}, #fields)))
  end
  return dropped
end`,
});

import { defineLua } from './script.ts';

/**
 * Lua: `isBare(book, ...)`: whether a subscriber's own book is empty and none of the other keys
 * exists. They are those of its friends, blocks and sources: who is bare has to do with nobody.
 */
export const IS_BARE = defineLua({
  lua: `
local function isBare(book, ...)
  local state = redis.call('HMGET', book, 'numbers', 'writing')
  return (state[1] or '0') == '0' and not state[2] and redis.call('EXISTS', ...) == 0
end`,
});

/**
 * Lua: ends the noes in a hash `declined` that were said to these numbers (a table number key → true), as they leave the book.
 * The emptied entries stay until the reconciliation has marked their pairs.
 */
export const FORGIVE = `
local function forgive(declined, gone)
  local said = redis.call('HGETALL', declined)
  for i = 1, #said, 2 do
    if gone[said[i + 1]] then redis.call('HSET', declined, said[i], '') end
  end
end`;

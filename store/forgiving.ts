import { BOOKS } from './book-buckets.ts';

/**
 * Lua, after `BOOKS`: ends the noes in a hash `declined` that were said to these numbers (a table number → true), unless another book
 * still holds them. The emptied entries stay until the reconciliation has marked their pairs.
 */
export const FORGIVE = `${BOOKS}
local function forgive(declined, gone, ...)
  local said = redis.call('HGETALL', declined)
  local books = #said > 0 and openBooks(...)
  for i = 1, #said, 2 do
    if gone[said[i + 1]] and not entryIn(books, said[i + 1]) then redis.call('HSET', declined, said[i], '') end
  end
end`;

import { PACKED_BYTES } from '../base/partitions.ts';
import { BOOKS } from './book-buckets.ts';

/**
 * Lua: ends the noes in a hash `declined` of which a number is among those that leave (a table number → true), and none is held any
 * more in any of the books, which are opened with `keys.books`. The emptied entries stay until the reconciliation has marked their pairs.
 */
export const FORGIVE = `${BOOKS}
local function forgive(declined, gone, ...)
  local said = redis.call('HGETALL', declined)
  local books = #said > 0 and openBooks(...)
  for i = 1, #said, 2 do
    local left, held = false, false
    for at = 1, #said[i + 1], ${PACKED_BYTES} do
      local number = string.sub(said[i + 1], at, at + ${PACKED_BYTES - 1})
      left = left or gone[number]
      held = held or entryIn(books, number)
    end
    if left and not held then redis.call('HSET', declined, said[i], '') end
  end
end`;

import { PACKED_BYTES } from '../base/partitions.ts';
import { BOOKS } from './book-buckets.ts';

/**
 * Lua: `forgive(declined, gone, books…)`. A subscriber's no to somebody ends when the last of that person's numbers leaves the subscriber's books.
 * `declined` is the hash of noes (other id → packed number keys); `gone` is a table of the numbers that are being removed (number → true). An entry is
 * emptied if one of its numbers is in `gone` and none of them stands in any of the books. Reconciliation deletes emptied entries after it has marked
 * their pairs.
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

import { EACH_NUMBER } from '../base/packed-numbers.ts';
import { defineLua } from '../base/script.ts';
import { BOOKS } from '../image/book-buckets.ts';

/**
 * Lua: `forgive(gone)`. A subscriber's no to somebody ends when the last of that person's numbers
 * leaves the subscriber's books. `declined` is the hash of noes (other id → packed number keys);
 * `gone` is a table of the numbers that have just left a book (number → true). An entry is emptied
 * if one of its numbers is in `gone` and none of them stands in any of the books. It belongs into
 * the step in which they leave: later nobody knows which they were. Reconciliation deletes emptied
 * entries after it has marked their pairs.
 *
 * It reads all noes at once. Only a friend can be turned down, and one at a time, so there are at most
 * as many as the subscriber may look up numbers: 5,000, and later as many more as the budget
 * (`EARSHOT_NUMBER_BUDGET_DAILY`) has let come back. Each has some 80 bytes.
 */
export const FORGIVE = defineLua({
  uses: [EACH_NUMBER, BOOKS],
  keys: ['declined'],
  lua: `
local function forgive(gone)
  local said = next(gone) and redis.call('HGETALL', declined) or {}
  local books = #said > 0 and openBooks()
  for i = 1, #said, 2 do
    local isGone, isHeld = false, false
    eachNumber(said[i + 1], function(number) isGone = isGone or gone[number] end)
    if isGone then
      eachNumber(said[i + 1], function(number) isHeld = isHeld or entryIn(books, number) end)
      if not isHeld then redis.call('HSET', declined, said[i], '') end
    end
  end
end`,
});

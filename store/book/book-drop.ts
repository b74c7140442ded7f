import { defineLua } from '../base/script.ts';
import { BUDGET } from './budget-script.ts';
import { FORGIVE } from './forgiving.ts';

/**
 * Lua: `emptyBook()` takes a book's buckets away, and does in the same step what follows from its
 * numbers' leaving: those that did not wait are marked for the reconciliation, noes that rest on
 * them end, and the budget has them as asked for. The version goes on counting: a client that
 * remembers an old one must not meet it again. `held`, `uids`: what stands before the number of
 * each bucket.
 */
export const EMPTY_BOOK = defineLua({
  uses: [FORGIVE, BUDGET],
  keys: ['book', 'held', 'uids', 'dirtyNumbers', 'dueReconcile'],
  args: ['stamp', 'dueAt'],
  lua: `
local function dropBook()
  local state, touched, gone = redis.call('HMGET', book, 'contacts', 'buckets'), 0, {}
  if (state[1] or '0') == '0' then return touched, gone end
  for bucket = 0, tonumber(state[2]) - 1 do
    for _, number in ipairs(redis.call('HKEYS', held .. bucket)) do
      if redis.call('HEXISTS', waiting, number) == 0 then redis.call('HSET', dirtyNumbers, number, stamp) end
      touched = touched + 1
      gone[number] = true
    end
    redis.call('DEL', held .. bucket, uids .. bucket)
  end
  redis.call('HSET', book, 'contacts', 0, 'numbers', 0, 'bytes', 0, 'buckets', 1)
  redis.call('HDEL', book, 'writing')
  redis.call('HINCRBY', book, 'version', 1)
  return touched, gone
end
local function emptyBook()
  local b = openBudget()
  local touched, gone = dropBook()
  if touched > 0 then redis.call('ZADD', dueReconcile, dueAt, id) end
  forgive(gone)
  local others = otherBooks(held)
  for number in pairs(gone) do giveUp(b, others, number) end
  if touched > 0 then closeBudget(b) end
end`,
});

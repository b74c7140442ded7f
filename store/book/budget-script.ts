import { BUDGET_DAY } from '../../domain/book/number-budget.ts';
import { EACH_NUMBER } from '../base/packed-numbers.ts';
import { defineLua } from '../base/script.ts';
import { BOOKS } from '../image/book-buckets.ts';

/**
 * Lua: what a subscriber's budget of numbers allows (`keys.budget`). `payFor` takes the packed
 * numbers that a book has got, `giveUp` one that it has lost, and both the subscriber's other
 * books: what is in one of those costs nothing. A number is charged in the step in which it is
 * looked up or comes into a book, as two that are charged at once could otherwise spend the same
 * amount. Whoever opens a budget closes it.
 */
export const BUDGET = defineLua({
  uses: [EACH_NUMBER, BOOKS],
  keys: ['budget', 'asked', 'waiting', 'refill'],
  args: ['id', 'first', 'daily', 'now'],
  lua: `
local function openBudget()
  local b, state = {}, redis.call('HMGET', budget, 'spent', 'at')
  local before = tonumber(state[2] or now)
  b.on, b.daily, b.at = first ~= '0', tonumber(daily), math.max(before, tonumber(now))
  b.spent = math.max(0, tonumber(state[1] or '0') - (b.at - before) * b.daily / ${BUDGET_DAY})
  b.room = b.on and tonumber(first) - b.spent or math.huge
  b.waits = redis.call('EXISTS', waiting) == 1
  return b
end
local function charge(b)
  if b.room < 1 then return false end
  b.room = b.room - 1
  if b.on then b.spent = b.spent + 1 end
  return true
end
local function isWaiting(b, number)
  return b.waits and redis.call('HEXISTS', waiting, number) == 1
end
local function payFor(b, others, packed)
  local anyAsked = redis.call('EXISTS', asked) == 1
  eachNumber(packed, function(number)
    local free = entryIn(others, number) or anyAsked and redis.call('HDEL', asked, number) == 1
    if not free and not charge(b) then
      redis.call('HSET', waiting, number, '')
      b.waits = true
    end
  end)
end
local function giveUp(b, others, number)
  if entryIn(others, number) then return end
  local unpaid = b.waits and redis.call('HDEL', waiting, number) == 1
  if b.on and not unpaid then redis.call('HSET', asked, number, '') end
end
local function closeBudget(b)
  redis.call('HSET', budget, 'spent', string.format('%.6f', b.spent), 'at', string.format('%.0f', b.at))
  local count = redis.call('HLEN', waiting)
  if count == 0 then return redis.call('ZREM', refill, id) end
  local lack = math.min(count, math.ceil(b.daily / 24)) - b.room
  local time = b.at + math.max(0, math.ceil(lack * ${BUDGET_DAY} / b.daily))
  redis.call('ZADD', refill, string.format('%.0f', time), id)
end`,
});

import { BUDGET_DAY } from '../../domain/book/number-budget.ts';
import { PACKED_BYTES } from '../base/partitions.ts';

/**
 * Lua, after `BOOKS`: what a subscriber's budget of numbers allows. `openBudget` takes `keys.budget`, id, first amount, daily amount and the time;
 * `came` and `left` take numbers that one book has got and given up, and the subscriber's other books. Whoever opens a budget closes it.
 */
export const BUDGET = `
local function openBudget(budget, asked, waiting, refill, id, first, daily, now)
  local b = { budget = budget, asked = asked, waiting = waiting, refill = refill, id = id }
  local state = redis.call('HMGET', budget, 'spent', 'at')
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
  return b.waits and redis.call('HEXISTS', b.waiting, number) == 1
end
local function otherBooks(held, ...)
  local others = {}
  for _, book in ipairs(openBooks(...)) do
    if book.held ~= held then others[#others + 1] = book end
  end
  return others
end
local function came(b, others, packed)
  local asked = redis.call('EXISTS', b.asked) == 1
  for at = 1, #packed, ${PACKED_BYTES} do
    local number = string.sub(packed, at, at + ${PACKED_BYTES - 1})
    local free = entryIn(others, number) or asked and redis.call('HDEL', b.asked, number) == 1
    if not free and not charge(b) then
      redis.call('HSET', b.waiting, number, '')
      b.waits = true
    end
  end
end
local function left(b, others, number)
  if entryIn(others, number) then return end
  local unpaid = b.waits and redis.call('HDEL', b.waiting, number) == 1
  if b.on and not unpaid then redis.call('HSET', b.asked, number, '') end
end
local function closeBudget(b)
  redis.call('HSET', b.budget, 'spent', string.format('%.6f', b.spent), 'at', string.format('%.0f', b.at))
  local waiting = redis.call('HLEN', b.waiting)
  if waiting == 0 then return redis.call('ZREM', b.refill, b.id) end
  local lack = math.min(waiting, math.ceil(b.daily / 24)) - b.room
  local time = b.at + math.max(0, math.ceil(lack * ${BUDGET_DAY} / b.daily))
  redis.call('ZADD', b.refill, string.format('%.0f', time), b.id)
end`;

import { RESP_TYPES } from 'redis';
import { budgetRetryAfter, type NumberBudget } from '../../domain/book/number-budget.ts';
import type { Redis } from '../../runtime/redis.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { PACKED_BYTES, packNumberKey, unpackNumberKey } from '../base/partitions.ts';
import { BOOKS } from './book-buckets.ts';
import { BUDGET } from './budget-script.ts';

/** Numbers that one step lets through. */
const BATCH = 5_000;

const OPEN = `${BOOKS}${BUDGET}
local b = openBudget(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
local touched = false
local function letThrough(number)
  redis.call('HDEL', b.waiting, number)
  redis.call('HSET', KEYS[5], number, ARGV[5])
  touched = true
end
local function close()
  if touched then redis.call('ZADD', KEYS[6], 'LT', ARGV[6], ARGV[1]) end
  closeBudget(b)
end`;

/** KEYS: `keys.budget`, dirty-numbers, due:reconcile. ARGV: id, first, daily, now, stamp, due time. */
const REFILL = `${OPEN}
local count = math.min(redis.call('HLEN', b.waiting), math.max(0, math.floor(b.room)), ${BATCH})
for _, number in ipairs(count > 0 and redis.call('HRANDFIELD', b.waiting, string.format('%d', count)) or {}) do
  charge(b)
  letThrough(number)
end
close()
return count`;

/** KEYS and ARGV as above, then the books; and the packed numbers. Answers 1 for each that may be looked up, and what is left. */
const SPEND = `${OPEN}
local books, granted = openBooks(unpack(KEYS, 7)), {}
local function pay(number)
  if isWaiting(b, number) then
    if not charge(b) then return 0 end
    letThrough(number)
  elseif not entryIn(books, number) and redis.call('HEXISTS', b.asked, number) == 0 then
    if not charge(b) then return 0 end
    if b.on then redis.call('HSET', b.asked, number, '') end
  end
  return 1
end
for at = 1, #ARGV[7], ${PACKED_BYTES} do
  granted[#granted + 1] = pay(string.sub(ARGV[7], at, at + ${PACKED_BYTES - 1}))
end
close()
return { granted, tostring(b.room) }`;

/** KEYS: `keys.budget`. ARGV: id, first, daily, now, packed numbers. How many wait, how many of these, and what is left. */
const STANDING = `${BOOKS}${BUDGET}
local b = openBudget(KEYS[1], KEYS[2], KEYS[3], KEYS[4], unpack(ARGV, 1, 4))
local found = 0
for at = 1, b.waits and #ARGV[5] or 0, ${PACKED_BYTES} do
  if isWaiting(b, string.sub(ARGV[5], at, at + ${PACKED_BYTES - 1})) then found = found + 1 end
end
return { redis.call('HLEN', b.waiting), found, tostring(b.room) }`;

// Its fields are bytes.
const NUMBERS = "return redis.call('HKEYS', KEYS[1])";

/**
 * How many distinct numbers a subscriber may have looked up (decision 53). Hash `budget`: how many were `spent` of the first amount and
 * have not come back, `at` that time, which is also when a book changed last. Hash `waiting`: packed number keys that a book holds and that are not
 * paid for: to every look-up no book holds them. Hash `asked`: those that were paid for and that no book holds any more. What a book holds
 * and does not wait is paid for. Due list `refill`: who has numbers waiting, at the time when some can go on.
 */
export function createBudget(redis: Redis, keys: Keys, budget: NumberBudget) {
  const { first, daily } = budget;
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

  function step(id: string, now: number) {
    return {
      keys: [...keys.budget(id), keys.dirtyNumbers(id), keys.due('reconcile', id)],
      arguments: [id, `${first}`, `${daily}`, `${now}`, newStamp(), `${now + GRACE}`],
    };
  }

  return {
    /**
     * Pays for looking these numbers up; those that were asked for before are free. `granted`: for each, whether it may be looked up.
     * `retryAfter`: seconds until the others can be paid for; undefined when there are none.
     */
    async spend(
      id: string,
      numberKeys: readonly string[],
      now: number,
    ): Promise<{ granted: boolean[]; retryAfter: number | undefined }> {
      const { keys: own, arguments: words } = step(id, now);
      const packed = Buffer.concat(numberKeys.map(packNumberKey)) as never;
      const reply = await redis.eval(SPEND, { keys: [...own, ...keys.books(id)], arguments: [...words, packed] });
      const [flags, room] = reply as [number[], string];
      const granted = flags.map((flag) => flag === 1);
      const lacking = granted.filter((one) => !one).length;
      return { granted, retryAfter: lacking > 0 ? budgetRetryAfter(lacking, Number(room), budget) : undefined };
    },

    /** Lets as many of the waiting numbers go on as can be paid for, and marks them for reconciliation. Returns how many. */
    async refill(id: string, now: number): Promise<number> {
      return Number(await redis.eval(REFILL, step(id, now)));
    },

    /** How many of these numbers wait, and the seconds until all that wait can go on, a day at most. Changes nothing. */
    async standing(
      id: string,
      numberKeys: readonly string[],
      now: number,
    ): Promise<{ waiting: number; retryAfter: number }> {
      const packed = Buffer.concat(numberKeys.map(packNumberKey)) as never;
      const reply = await redis.eval(STANDING, {
        keys: [...keys.budget(id)],
        arguments: [id, `${first}`, `${daily}`, `${now}`, packed],
      });
      const [all, found, room] = reply as [number, number, string];
      return { waiting: found, retryAfter: budgetRetryAfter(all, Number(room), budget) };
    },

    /** Which numbers were asked for and are in no book any more, and which wait. */
    async numbers(id: string): Promise<{ asked: string[]; waiting: string[] }> {
      const [, asked, waiting] = keys.budget(id);
      const numbersIn = async (key: string) =>
        ((await binary.eval(NUMBERS, { keys: [key] })) as unknown as Buffer[]).map(unpackNumberKey);
      return { asked: await numbersIn(asked), waiting: await numbersIn(waiting) };
    },

    /** How many numbers of the books wait, and when a book changed last. */
    async info(id: string): Promise<{ waiting: number; changedAt: number }> {
      const [[budgetKey], waitingKey] = [keys.budget(id), keys.waiting(id)];
      const [waiting, at] = await Promise.all([redis.hLen(waitingKey), redis.hGet(budgetKey, 'at')]);
      return { waiting, changedAt: Number(at ?? 0) };
    },
  };
}

import { RESP_TYPES } from 'redis';
import { budgetRetryAfter, type NumberBudget } from '../../domain/book/number-budget.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { scanBytes } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { packNumberKey, unpackNumberKey } from '../base/partitions.ts';
import { as, defineLua, defineScript } from '../base/script.ts';
import { slicesOf } from '../base/slices.ts';
import { GRACE } from '../due/due.ts';
import { dueOf } from '../due/makes-due.ts';
import { BUDGET } from './budget-script.ts';

/** Numbers that one step lets through. */
const BATCH = 500;

/** Lua: `letThrough(number)` marks a number that waited and is paid for; `close` ends the step. */
const LETTING_THROUGH = defineLua({
  uses: [BUDGET],
  keys: ['dirtyNumbers', 'dueReconcile'],
  args: ['stamp', 'dueAt'],
  lua: `
local touched = false
local function letThrough(number)
  redis.call('HDEL', waiting, number)
  redis.call('HSET', dirtyNumbers, number, stamp)
  touched = true
end
local function close(b)
  if touched then redis.call('ZADD', dueReconcile, 'LT', dueAt, id) end
  closeBudget(b)
end`,
});

/**
 * Charges as many of the waiting numbers as there is room for, and marks them in the same step: a
 * number that is paid for and not marked would be forgotten.
 */
const REFILL = defineScript({
  uses: [LETTING_THROUGH],
  reply: Number,
  lua: `
local b = openBudget()
local count = math.min(redis.call('HLEN', waiting), math.max(0, math.floor(b.room)), ${BATCH})
for _, number in ipairs(count > 0 and redis.call('HRANDFIELD', waiting, string.format('%d', count)) or {}) do
  charge(b)
  letThrough(number)
end
close(b)
return count`,
});

/**
 * Charges packed numbers for a look-up. Answers 1 for each that may be looked up, and what is left.
 */
const SPEND = defineScript({
  uses: [LETTING_THROUGH],
  args: ['numbers'],
  reply: as<[granted: number[], room: string]>,
  lua: `
local b, books, granted = openBudget(), openBooks(), {}
local function pay(number)
  if isWaiting(b, number) then
    if not charge(b) then return 0 end
    letThrough(number)
  elseif not entryIn(books, number) and redis.call('HEXISTS', asked, number) == 0 then
    if not charge(b) then return 0 end
    if b.on then redis.call('HSET', asked, number, '') end
  end
  return 1
end
eachNumber(numbers, function(number) granted[#granted + 1] = pay(number) end)
close(b)
return { granted, tostring(b.room) }`,
});

/** How many numbers wait, how many of these packed ones, and what is left. */
const STANDING = defineScript({
  uses: [BUDGET],
  args: ['numbers'],
  reply: as<[waiting: number, found: number, room: string]>,
  lua: `
local b, found = openBudget(), 0
eachNumber(b.waits and numbers or '', function(number)
  if isWaiting(b, number) then found = found + 1 end
end)
return { redis.call('HLEN', waiting), found, tostring(b.room) }`,
});

/**
 * How many distinct numbers a subscriber may have looked up (decision 53). Hash `budget`: how many were `spent` of the first amount and
 * have not come back, `at` that time, which is also when a book changed last. Hash `waiting`: packed number keys that a book holds and that are not
 * paid for: to every look-up no book holds them. Hash `asked`: those that were paid for and that no book holds any more. What a book holds
 * and does not wait is paid for. Due list `refill`: who has numbers waiting, at the time when some can go on.
 */
export function createBudget(redis: Redis, keys: Keys, budget: NumberBudget) {
  const { first, daily } = budget;
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

  const places = (id: string) => ({
    ...keys.budget(id),
    ...keys.books(id),
    dirtyNumbers: keys.dirtyNumbers(id),
    dueReconcile: dueOf(keys, 'book', id),
  });
  const step = (id: string, now: number) => ({ id, first, daily, now, stamp: newStamp(), dueAt: now + GRACE });
  const pack = (numberKeys: readonly string[]) => Buffer.concat(numberKeys.map(packNumberKey));

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
      const args = { ...step(id, now), numbers: pack(numberKeys) };
      const [flags, room] = await SPEND.run(redis, places(id), args);
      const granted = flags.map((flag) => flag === 1);
      const lacking = granted.filter((one) => !one).length;
      return { granted, retryAfter: lacking > 0 ? budgetRetryAfter(lacking, Number(room), budget) : undefined };
    },

    /** Lets as many of the waiting numbers go on as can be paid for, and marks them for reconciliation. Returns how many. */
    async refill(id: string, now: number): Promise<number> {
      return REFILL.run(redis, places(id), step(id, now));
    },

    /**
     * How many of these numbers wait, each counted once, and the seconds until all that wait can go on, a day at most.
     * Changes nothing; what is asked for while others write may be of several moments.
     */
    async standing(
      id: string,
      numberKeys: Iterable<string>,
      now: number,
    ): Promise<{ waiting: number; retryAfter: number }> {
      const distinct = new Set<string>();
      const nobodyWaits = (await redis.hLen(keys.budget(id).waiting)) === 0;
      if (!nobodyWaits) await eachInTurns(numberKeys, (numberKey) => distinct.add(numberKey));
      const standing = { waiting: 0, retryAfter: 0 };
      for (const some of slicesOf([...distinct])) {
        const args = { id, first, daily, now, numbers: pack(some) };
        const [all, found, room] = await STANDING.run(redis, places(id), args);
        standing.waiting += found;
        standing.retryAfter = budgetRetryAfter(all, Number(room), budget);
      }
      return standing;
    },

    /** Which numbers were asked for and are in no book any more, and which wait. */
    async numbers(id: string): Promise<{ asked: string[]; waiting: string[] }> {
      const { asked, waiting } = keys.budget(id);
      async function numbersIn(hash: string): Promise<string[]> {
        const numbers = new Set<string>();
        for await (const [number] of scanBytes(binary, hash)) numbers.add(unpackNumberKey(number));
        return [...numbers];
      }
      return { asked: await numbersIn(asked), waiting: await numbersIn(waiting) };
    },

    /** How many numbers of the books wait, and when a book changed last, in milliseconds since the epoch; undefined where none ever did. */
    async info(id: string): Promise<{ waiting: number; changedAt: number | undefined }> {
      const own = keys.budget(id);
      const [waiting, at] = await Promise.all([redis.hLen(own.waiting), redis.hGet(own.budget, 'at')]);
      return { waiting, changedAt: at === null ? undefined : Number(at) };
    },
  };
}

import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { defineLua } from '../base/script.ts';

/** Numbers of a book that one step writes, or goes through: Redis serves nobody else meanwhile. */
export const PORTION = 500;

/** So many of them where each is also looked for in other books of the subscriber. */
export function portionAmong(otherBooks: number): number {
  return Math.ceil(PORTION / (1 + otherBooks));
}

/** What one step goes through: a book of so many buckets, from one of them on. */
export type Portion = { book: string; held: string; buckets: number; from: number };

/**
 * Lua: `eachOfPortion(visit, otherBooks)` calls `visit(number key)` for those in the buckets from
 * `from` on, whole buckets until there are enough (see `portionAmong`). Answers the bucket with which
 * the next step begins; false when the book has another number of buckets by now, as what was in one
 * may be in another.
 */
export const PORTION_OF = defineLua({
  keys: ['book', 'held'],
  args: ['buckets', 'from'],
  lua: `
local function eachOfPortion(visit, otherBooks)
  if (redis.call('HGET', book, 'buckets') or '1') ~= buckets then return false end
  local bucket, count, last = tonumber(from), 0, tonumber(buckets)
  while bucket < last and count < ${PORTION} / (1 + (otherBooks or 0)) do
    local numbers = redis.call('HKEYS', held .. bucket)
    for _, number in ipairs(numbers) do visit(number) end
    bucket, count = bucket + 1, count + #numbers
  end
  return bucket
end`,
});

/** With which bucket the next step begins; `resized`: the book has another number of buckets by now, and nothing was done. */
export type NextPortion = number | 'resized';

/** What `eachOfPortion` answers, as a script replies it. */
export function toNextPortion(reply: unknown): NextPortion {
  return reply === null ? 'resized' : Number(reply);
}

/**
 * Goes through every book of a subscriber in steps. A number that a book holds all the while is met
 * once at least; one that comes or goes meanwhile may be met or not.
 */
export async function eachPortion(
  redis: Redis,
  keys: Keys,
  id: string,
  step: (portion: Portion) => Promise<NextPortion>,
): Promise<void> {
  for (const source of [undefined, ...(await redis.sMembers(keys.sources(id)))]) {
    const places = { book: keys.book(id, source), held: keys.heldPart(id, source) };
    let next: NextPortion;
    do {
      const buckets = Number((await redis.hGet(places.book, 'buckets')) ?? 1);
      next = 0;
      while (next !== 'resized' && next < buckets) next = await step({ ...places, buckets, from: next });
    } while (next === 'resized');
  }
}

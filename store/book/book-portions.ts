import type { Redis } from '../../runtime/redis.ts';
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
 * Lua: `eachOfPortion(visit, otherBooks)` calls `visit(number key)` for those in the buckets from `from` on,
 * whole buckets until there are enough (see
 * `portionAmong`). Answers with which bucket the next step begins, and -1 when
 * the book has another number of buckets by now: what was in one may be in another.
 */
export const PORTION_OF = defineLua({
  keys: ['book', 'held'],
  args: ['buckets', 'from'],
  lua: `
local function eachOfPortion(visit, otherBooks)
  if (redis.call('HGET', book, 'buckets') or '1') ~= buckets then return -1 end
  local bucket, count, last = tonumber(from), 0, tonumber(buckets)
  while bucket < last and count < ${PORTION} / (1 + (otherBooks or 0)) do
    local numbers = redis.call('HKEYS', held .. bucket)
    for _, number in ipairs(numbers) do visit(number) end
    bucket, count = bucket + 1, count + #numbers
  end
  return bucket
end`,
});

/**
 * Goes through every book of a subscriber in steps. A number that a book holds all the while is met
 * once at least; one that comes or goes meanwhile may be met or not.
 */
export async function eachPortion(
  redis: Redis,
  keys: Keys,
  id: string,
  step: (portion: Portion) => Promise<number>,
): Promise<void> {
  for (const source of [undefined, ...(await redis.sMembers(keys.sources(id)))]) {
    const places = { book: keys.book(id, source), held: keys.heldPart(id, source) };
    let met = false;
    while (!met) {
      const buckets = Number((await redis.hGet(places.book, 'buckets')) ?? 1);
      let from = 0;
      while (from >= 0 && from < buckets) from = await step({ ...places, buckets, from });
      met = from >= 0;
    }
  }
}

import type { NumberBudget } from '../../domain/book/number-budget.ts';
import { Fault } from '../../domain/fault.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { IS_STILL, newFence } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { as, defineScript } from '../base/script.ts';
import { GRACE } from '../due/due.ts';
import { dueOf } from '../due/makes-due.ts';
import { PORTION_OF } from '../image/book-portions.ts';
import { changedMeanwhile } from '../image/book-standing.ts';
import { BUDGET } from './budget-script.ts';
import { FORGIVE } from './forgiving.ts';

const ATTEMPTS = 10;

/**
 * Takes a portion of a book's buckets away if the book is still as `version` and `writer` say, and
 * does in the same step what follows from its numbers' leaving: those that did not wait are marked
 * for the reconciliation, noes that rest on them end, and the budget has them as asked for. The
 * last step empties the sizes. The version goes on counting: a client that remembers an old one
 * must not meet it again. Answers the bucket with which the next step begins; null where another
 * writer came between. `uids`: what stands before the number of each bucket; `writing`: the fence of
 * the next step.
 */
const EMPTY = defineScript({
  uses: [FORGIVE, BUDGET, PORTION_OF, IS_STILL],
  keys: ['uids', 'dirtyNumbers', 'dueReconcile'],
  args: ['version', 'writer', 'writing', 'stamp', 'dueAt'],
  reply: as<number | null>,
  lua: `
if not isStill(book, 'version', version) or not isStill(book, 'writing', writer) then return false end
local b, others, gone, some = openBudget(), otherBooks(held), {}, false
local nextOne = eachOfPortion(function(number)
  if not isWaiting(b, number) then redis.call('HSET', dirtyNumbers, number, stamp) end
  gone[number] = true
  some = true
end, #others)
if not nextOne then return false end
for bucket = tonumber(from), nextOne - 1 do redis.call('UNLINK', held .. bucket, uids .. bucket) end
if some then
  forgive(gone)
  for number in pairs(gone) do giveUp(b, others, number) end
  closeBudget(b)
  redis.call('ZADD', dueReconcile, dueAt, id)
end
if nextOne < tonumber(buckets) then
  redis.call('HSET', book, 'writing', writing)
else
  redis.call('HSET', book, 'contacts', 0, 'numbers', 0, 'bytes', 0, 'buckets', 1)
  redis.call('HDEL', book, 'writing')
  redis.call('HINCRBY', book, 'version', 1)
end
return nextOne`,
});

/** Which book is to be emptied. `source`: the one whose book it is; without one the own. */
export type Emptying = { id: string; source?: string | undefined; ifVersion?: number | undefined; now: number };

/**
 * Empties a book in steps; false when it is empty. Who dies between two of them has lost what
 * already left, and the next one goes on; a writer that comes between has the last word.
 * @throws Fault FAILED_PRECONDITION when the book is not at `ifVersion`, CONFLICT when others keep writing it
 */
export async function emptyBook(redis: Redis, keys: Keys, budget: NumberBudget, what: Emptying): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const emptied = await tryEmpty(redis, keys, budget, what);
    if (emptied !== undefined) return emptied;
  }
  throw new Fault('CONFLICT', 'Somebody else keeps writing this address book; try again in a moment.');
}

/** Undefined when somebody else came between. */
async function tryEmpty(
  redis: Redis,
  keys: Keys,
  budget: NumberBudget,
  { id, source, ifVersion, now }: Emptying,
): Promise<boolean | undefined> {
  const book = keys.book(id, source);
  const standing = await redis.hmGet(book, ['version', 'contacts', 'buckets', 'writing']);
  const [version, contacts, buckets] = standing;
  let writer = standing[3] ?? '';
  if (ifVersion !== undefined && ifVersion !== Number(version ?? 0)) throw changedMeanwhile();
  if (Number(contacts ?? 0) === 0 && writer === '') return false;
  const places = {
    ...{ book, held: keys.heldPart(id, source), uids: keys.uidsPart(id, source), declined: keys.declined(id) },
    ...{ dirtyNumbers: keys.dirtyNumbers(id), dueReconcile: dueOf(keys, 'book', id) },
    ...keys.books(id),
    ...keys.budget(id),
  };
  for (let from = 0; from < Number(buckets ?? 1); ) {
    const writing = newFence();
    const step = { id, version: version ?? '', writer, writing, buckets: buckets ?? 1, from };
    const due = { stamp: newStamp(), dueAt: now + GRACE };
    const next = await EMPTY.run(redis, places, { ...step, ...due, ...budget, now });
    if (next === null) return undefined;
    from = next;
    writer = writing;
  }
  return true;
}

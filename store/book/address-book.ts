import type { Book } from '../../domain/book/address-book.ts';
import type { NumberBudget } from '../../domain/book/number-budget.ts';
import { Fault } from '../../domain/fault.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { defineScript } from '../base/script.ts';
import { GRACE } from '../due/due.ts';
import { dueOf } from '../due/makes-due.ts';
import { eachPortion, PORTION_OF, toNextPortion } from '../image/book-portions.ts';
import type { BookSeals } from '../image/book-seal.ts';
import type { Standing } from '../image/book-standing.ts';
import type { SourceFence } from '../image/source-fence.ts';
import { emptyBook } from './book-drop.ts';
import { createBookLookups } from './book-lookups.ts';
import { type Plan, planChange, planReplacement } from './book-plan.ts';
import { type BookInfo, tryWrite, type Write, type Written } from './book-writer.ts';
import { awaitStep } from './half-written.ts';

const ATTEMPTS = 10;

/** On which a book is replaced. `ifEmptied`: what to throw rather than to take the last contacts away. */
export type Conditions = { ifVersion?: number | undefined; ifEmptied?: Fault | undefined };

/**
 * Marks the numbers of a portion of a book, in one step with the due time: a mark without it would
 * wait for the next change. Answers with where the next portion begins.
 */
const TOUCH = defineScript({
  uses: [PORTION_OF],
  keys: ['dirtyNumbers', 'dueReconcile', 'waiting'],
  args: ['id', 'stamp', 'dueAt'],
  reply: toNextPortion,
  lua: `
local touched = false
local nextOne = eachOfPortion(function(number)
  if redis.call('HEXISTS', waiting, number) == 1 then return end
  redis.call('HSET', dirtyNumbers, number, stamp)
  touched = true
end)
if touched then redis.call('ZADD', dueReconcile, 'LT', dueAt, id) end
return nextOne`,
});

/**
 * A subscriber's address books, its own and one for each source: hashes `held:<bucket>` and `uids:<bucket>` (see `Image`), hash `book` (version, contacts,
 * numbers, buckets), and for all of them hash `dirty-numbers` (number key → stamp): what the reconciliation has still to look at. All
 * of it changes in one step, so an accepted book is reconciled whatever dies next. A source's book has `@` and the source's name
 * in the names of its hashes.
 */
export function createAddressBooks(redis: Redis, keys: Keys, sealOf: BookSeals, budget: NumberBudget) {
  async function write(what: Write, plan: (standing: Standing) => Promise<Plan | undefined>): Promise<Written> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const written = await tryWrite(redis, keys, budget, what, plan);
      if (written) return written;
    }
    throw new Fault('CONFLICT', 'Somebody else keeps writing this address book; try again in a moment.');
  }

  async function writeChange(what: Write, upsert: Book, remove: readonly string[]): Promise<Written> {
    return write(what, async (standing) => {
      if (standing.writing === '') return planChange(redis, keys, sealOf(what.id), standing, upsert, remove);
      await awaitStep(redis, keys, standing);
      return undefined;
    });
  }

  return {
    /**
     * Replaces the whole book; the version grows only when something differs.
     * @throws Fault NOT_FOUND, FAILED_PRECONDITION when the book is not at `ifVersion`, CONFLICT when others keep writing it, `ifEmptied`
     * when that is given and a book with contacts would be left with none
     */
    async replace(id: string, after: Book, now: number, { ifVersion, ifEmptied }: Conditions = {}): Promise<BookInfo> {
      const plan = (standing: Standing) => {
        const filled = standing.contacts > 0 || standing.writing !== '';
        if (ifEmptied && after.size === 0 && filled) throw ifEmptied;
        return planReplacement(redis, keys, sealOf(id), standing, after);
      };
      return (await write({ id, ifVersion, now }, plan)).info;
    },

    /** Replaces the whole book of a source. @throws Fault as `replace`, and FAILED_PRECONDITION when another read of it has begun. */
    async replaceSource(id: string, source: SourceFence, after: Book, now: number): Promise<Written> {
      return write({ id, source, now }, (standing) => planReplacement(redis, keys, sealOf(id), standing, after));
    },

    /**
     * Puts in and removes single contacts, known by their uids; an unknown uid to remove is fine. Reads and writes what
     * these contacts concern, however large the book.
     * @throws Fault as `replace`; CONFLICT when a writer died half-way, so that the book has to be replaced; PAYLOAD_TOO_LARGE
     * for more contacts or numbers in all than a book may hold
     */
    async change(
      id: string,
      upsert: Book,
      remove: readonly string[],
      ifVersion: number | undefined,
      now: number,
    ): Promise<BookInfo> {
      return (await writeChange({ id, ifVersion, now }, upsert, remove)).info;
    },

    /** Changes single contacts of a source's book. @throws Fault as `change`, and FAILED_PRECONDITION when another read of it has begun. */
    async changeSource(
      id: string,
      source: SourceFence,
      upsert: Book,
      remove: readonly string[],
      now: number,
    ): Promise<Written> {
      return writeChange({ id, source, now }, upsert, remove);
    },

    /** Drops the whole own book in steps; false when there is none. @throws Fault as `emptyBook` */
    async drop(id: string, now: number, ifVersion?: number): Promise<boolean> {
      return emptyBook(redis, keys, budget, { id, ifVersion, now });
    },

    /** Marks every number of the books that does not wait, as if all of them had changed. */
    async touchAll(id: string, now: number): Promise<void> {
      const places = {
        dirtyNumbers: keys.dirtyNumbers(id),
        dueReconcile: dueOf(keys, 'book', id),
        waiting: keys.waiting(id),
      };
      const step = { id, stamp: newStamp(), dueAt: now + GRACE };
      await eachPortion(redis, keys, id, ({ book, held, buckets, from }) =>
        TOUCH.run(redis, { ...places, book, held }, { ...step, buckets, from }),
      );
    },

    ...createBookLookups(redis, keys, sealOf),
  };
}

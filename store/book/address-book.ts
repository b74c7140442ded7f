import { RESP_TYPES } from 'redis';
import type { Book } from '../../domain/book/address-book.ts';
import type { NumberBudget } from '../../domain/book/number-budget.ts';
import { Fault } from '../../domain/fault.ts';
import type { Redis } from '../../runtime/redis.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { clearSeen, type Marks, newStamp } from '../base/marks.ts';
import { askSubscribers, PACKED_BYTES, packNumberKey, unpackNumberKey } from '../base/partitions.ts';
import { BOOKS } from './book-buckets.ts';
import { DROP_BOOK } from './book-drop.ts';
import { type Label, labelOf } from './book-entry.ts';
import { changedMeanwhile, type Plan, pairs, planChange, planReplacement, type Standing } from './book-plan.ts';
import { readBook } from './book-reading.ts';
import type { BookSeals } from './book-seal.ts';
import { type BookInfo, type SourceLease, tryWrite, type Write, type Written } from './book-writer.ts';
import { BUDGET } from './budget-script.ts';
import { FORGIVE } from './forgiving.ts';

const ATTEMPTS = 10;
/** Numbers that one call of a script looks up. */
const BATCH = 1_000;

/** On which a book is replaced. `ifEmptied`: what to throw rather than to take the last contacts away. */
export type Conditions = { ifVersion?: number | undefined; ifEmptied?: Fault | undefined };

/** KEYS: waiting, the books. ARGV: packed number keys. A number that waits is in no book. */
const LOOK_UP = `${BOOKS}
local waits, books, found = redis.call('EXISTS', KEYS[1]) == 1, openBooks(unpack(KEYS, 2)), {}
for i = 1, #ARGV[1], ${PACKED_BYTES} do
  local number = string.sub(ARGV[1], i, i + ${PACKED_BYTES - 1})
  local hidden = waits and redis.call('HEXISTS', KEYS[1], number) == 1
  found[#found + 1] = not hidden and entryIn(books, number)
end
return found`;

// Its fields are bytes.
const MARKS = "return redis.call('HGETALL', KEYS[1])";

/** KEYS: book, held and uids, dirty-numbers, due:reconcile, declined, the books, `keys.budget`. ARGV: id, stamp, due time, first, daily, now, version or none. */
const DROP = `${DROP_BOOK}${FORGIVE}${BUDGET}
local before = redis.call('HGET', KEYS[1], 'version')
if ARGV[7] ~= '' and ARGV[7] ~= (before or '0') then return 'changed' end
local b = openBudget(KEYS[12], KEYS[13], KEYS[14], KEYS[15], ARGV[1], ARGV[4], ARGV[5], ARGV[6])
local touched, gone = dropBook(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[2], b.waiting)
if touched > 0 then redis.call('ZADD', KEYS[5], ARGV[3], ARGV[1]) end
forgive(KEYS[6], gone, unpack(KEYS, 7, 11))
local others = otherBooks(KEYS[2], unpack(KEYS, 7, 11))
for number in pairs(gone) do left(b, others, number) end
if touched > 0 then closeBudget(b) end
return redis.call('HGET', KEYS[1], 'version') ~= before and 1 or 0`;

/** KEYS: dirty-numbers, due:reconcile, waiting, the books. ARGV: id, stamp, due time. */
const TOUCH = `${BOOKS}
local touched = 0
for _, book in ipairs(openBooks(unpack(KEYS, 4))) do
  for bucket = 0, book.buckets - 1 do
    for _, number in ipairs(redis.call('HKEYS', book.held .. bucket)) do
      if redis.call('HEXISTS', KEYS[3], number) == 0 then
        redis.call('HSET', KEYS[1], number, ARGV[2])
        touched = touched + 1
      end
    end
  end
end
if touched > 0 then redis.call('ZADD', KEYS[2], 'LT', ARGV[3], ARGV[1]) end
return touched`;

/** KEYS: waiting, the books. */
const NUMBERS = `${BOOKS}
local numbers = {}
for _, book in ipairs(openBooks(unpack(KEYS, 2))) do
  for bucket = 0, book.buckets - 1 do
    for _, number in ipairs(redis.call('HKEYS', book.held .. bucket)) do
      if redis.call('HEXISTS', KEYS[1], number) == 0 then numbers[#numbers + 1] = number end
    end
  end
end
return numbers`;

/**
 * A subscriber's address books, its own and one for each source: hashes `held:<bucket>` and `uids:<bucket>` (see `Image`), hash `book` (version, contacts,
 * numbers, buckets), and for all of them hash `dirty-numbers` (number key → stamp): what the reconciliation has still to look at. All
 * of it changes in one step, so an accepted book is reconciled whatever dies next. A source's book has `@` and the source's name
 * in the names of its hashes.
 */
export function createAddressBooks(redis: Redis, keys: Keys, sealOf: BookSeals, budget: NumberBudget) {
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

  async function write(what: Write, plan: (standing: Standing) => Promise<Plan>): Promise<Written> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const written = await tryWrite(redis, keys, budget, what, plan);
      if (written) return written;
    }
    throw new Fault('CONFLICT', 'Somebody else keeps writing this address book; try again in a moment.');
  }

  function question(id: string, numberKeys: readonly string[]) {
    return {
      keys: [keys.waiting(id), ...keys.books(id)],
      arguments: [Buffer.concat(numberKeys.map(packNumberKey)) as never],
    };
  }

  /** What the first of the subscriber's books that holds it says about each number; null when none does. */
  async function entries(id: string, numberKeys: readonly string[]): Promise<(Buffer | null)[]> {
    const parts: Promise<unknown>[] = [];
    // Not as a pipeline, which on a cluster knows only texts.
    for (let from = 0; from < numberKeys.length; from += BATCH)
      parts.push(binary.eval(LOOK_UP, question(id, numberKeys.slice(from, from + BATCH))));
    return ((await Promise.all(parts)) as (Buffer | null)[][]).flat();
  }

  return {
    /**
     * Replaces the whole book; the version grows only when something differs.
     * @throws Fault NOT_FOUND, FAILED_PRECONDITION when the book is not at `ifVersion`, CONFLICT when others keep writing it, `ifEmptied`
     * when that is given and a book with contacts would be left with none
     */
    async replace(id: string, after: Book, now: number, { ifVersion, ifEmptied }: Conditions = {}): Promise<BookInfo> {
      const plan = (standing: Standing) => {
        if (ifEmptied && after.size === 0 && standing.contacts > 0) throw ifEmptied;
        return planReplacement(redis, keys, sealOf(id), standing, after);
      };
      return (await write({ id, ifVersion, now }, plan)).info;
    },

    /** Replaces the whole book of a source. @throws Fault as `replace`, and FAILED_PRECONDITION when the lease is over. */
    async replaceSource(id: string, source: SourceLease, after: Book, now: number): Promise<Written> {
      return write({ id, source, now }, (standing) => planReplacement(redis, keys, sealOf(id), standing, after));
    },

    /**
     * Puts in and removes single contacts, known by their uids; an unknown uid to remove is fine. Reads and writes what
     * these contacts concern, however large the book.
     * @throws Fault as `replace`, and PAYLOAD_TOO_LARGE for more contacts or numbers in all than a book may hold.
     */
    async change(
      id: string,
      upsert: Book,
      remove: readonly string[],
      ifVersion: number | undefined,
      now: number,
    ): Promise<BookInfo> {
      return (
        await write({ id, ifVersion, now }, (standing) => planChange(redis, keys, sealOf(id), standing, upsert, remove))
      ).info;
    },

    /** Changes single contacts of a source's book. @throws Fault as `change`, and FAILED_PRECONDITION when the lease is over. */
    async changeSource(
      id: string,
      source: SourceLease,
      upsert: Book,
      remove: readonly string[],
      now: number,
    ): Promise<Written> {
      return write({ id, source, now }, (standing) => planChange(redis, keys, sealOf(id), standing, upsert, remove));
    },

    /** Drops the whole own book; false when there is none. */
    async drop(id: string, now: number, ifVersion?: number): Promise<boolean> {
      const reply = await redis.eval(DROP, {
        keys: [
          keys.book(id),
          keys.heldPart(id),
          keys.uidsPart(id),
          keys.dirtyNumbers(id),
          keys.due('reconcile', id),
          keys.declined(id),
          ...keys.books(id),
          ...keys.budget(id),
        ],
        arguments: [
          ...[id, newStamp(), `${now + GRACE}`, `${budget.first}`, `${budget.daily}`, `${now}`],
          `${ifVersion ?? ''}`,
        ],
      });
      if (reply === 'changed') throw changedMeanwhile();
      return reply === 1;
    },

    /** Marks every number of the books that does not wait, as if all of them had changed. */
    async touchAll(id: string, now: number): Promise<void> {
      await redis.eval(TOUCH, {
        keys: [keys.dirtyNumbers(id), keys.due('reconcile', id), keys.waiting(id), ...keys.books(id)],
        arguments: [id, newStamp(), `${now + GRACE}`],
      });
    },

    /** Every number of a book and its names; of the own book unless a source is named. */
    entriesOf: (id: string, source?: string) => readBook(redis, keys, sealOf(id), id, source),

    /** Of the own book unless a source is named. */
    async info(id: string, source?: string): Promise<BookInfo> {
      const [version, contacts] = await redis.hmGet(keys.book(id, source), ['version', 'contacts']);
      return { version: Number(version ?? 0), contacts: Number(contacts ?? 0) };
    },

    async dirtyNumbers(id: string): Promise<Marks> {
      const fields = (await binary.eval(MARKS, { keys: [keys.dirtyNumbers(id)] })) as unknown as Buffer[];
      return Object.fromEntries(pairs(fields).map(([number, stamp]) => [unpackNumberKey(number), `${stamp}`]));
    },

    /** Which of these numbers the reconciliation has still to look at. */
    async dirtyAmong(id: string, numberKeys: readonly string[]): Promise<Set<string>> {
      if (numberKeys.length === 0) return new Set();
      const stamps = await redis.hmGet(keys.dirtyNumbers(id), numberKeys.map(packNumberKey));
      return new Set(numberKeys.filter((_, i) => stamps[i] !== null));
    },

    async clearDirtyNumbers(id: string, seen: Marks): Promise<void> {
      await clearSeen(redis, keys.dirtyNumbers(id), seen, packNumberKey);
    },

    /** Every number that one of the subscriber's books holds and that does not wait. */
    async numbers(id: string): Promise<string[]> {
      const found = (await binary.eval(NUMBERS, {
        keys: [keys.waiting(id), ...keys.books(id)],
      })) as unknown as Buffer[];
      return [...new Set(found.map(unpackNumberKey))];
    },

    /** For each number: one of the subscriber's books holds it, and it does not wait. */
    async holds(id: string, numberKeys: readonly string[]): Promise<boolean[]> {
      return (await entries(id, numberKeys)).map((entry) => entry !== null);
    },

    /** For each of the holders: one of its books holds one of the numbers. */
    async holdsEach(holders: readonly string[], numberKeys: readonly string[]): Promise<boolean[]> {
      const found = await askSubscribers(redis, holders, (batch, holder) =>
        batch.eval(LOOK_UP, question(holder, numberKeys)),
      );
      return (found as (string | null)[][]).map((held) => held.some((entry) => entry != null));
    },

    /** For each number, of nobody when undefined: how the subscriber's books name it; undefined when none holds it. */
    async labels(id: string, numberKeys: readonly (string | undefined)[]): Promise<(Label | undefined)[]> {
      const seal = sealOf(id);
      const asked = [...new Set(numberKeys.filter((numberKey) => numberKey !== undefined))];
      const found = await entries(id, asked);
      const labels = new Map<string | undefined, Label>();
      await eachInTurns(asked.entries(), ([i, numberKey]) => {
        const entry = found[i];
        const number = packNumberKey(numberKey).toString('latin1');
        if (entry) labels.set(numberKey, labelOf(seal, number, entry.toString('latin1')));
      });
      return numberKeys.map((numberKey) => labels.get(numberKey));
    },
  };
}

import type { Book } from '../domain/address-book.ts';
import { Fault } from '../domain/fault.ts';
import type { Redis } from '../runtime/redis.ts';
import { allBuckets, BUCKET_OF } from './book-buckets.ts';
import { type Label, labelOf } from './book-image.ts';
import { type Plan, planChange, planReplacement, type Standing } from './book-plan.ts';
import { type BookInfo, tryWrite } from './book-writer.ts';
import { GRACE } from './due.ts';
import { fnv1a } from './fnv.ts';
import type { Keys } from './keys.ts';
import { clearSeen, type Marks, newStamp } from './marks.ts';
import { askSubscribers, type Batch } from './partitions.ts';

const ATTEMPTS = 10;
/** Numbers that one call of a script looks up. */
const BATCH = 1_000;

const LOOK_UP = `${BUCKET_OF}
local buckets = tonumber(redis.call('HGET', KEYS[1], 'buckets') or '1')
local found = {}
for i = 1, #ARGV, 2 do found[#found + 1] = redis.call('HGET', bucketOf(KEYS[2], ARGV[i], buckets), ARGV[i + 1]) end
return found`;

// The version goes on counting: a client that remembers an old one must not meet it again.
const DROP = `
local book = redis.call('HMGET', KEYS[1], 'contacts', 'buckets')
if (book[1] or '0') == '0' then return 0 end
local touched = 0
for bucket = 0, tonumber(book[2]) - 1 do
  for _, number in ipairs(redis.call('HKEYS', KEYS[2] .. bucket)) do
    redis.call('HSET', KEYS[4], number, ARGV[2])
    touched = touched + 1
  end
  redis.call('DEL', KEYS[2] .. bucket, KEYS[3] .. bucket)
end
redis.call('HSET', KEYS[1], 'contacts', 0, 'numbers', 0, 'buckets', 1)
redis.call('HINCRBY', KEYS[1], 'version', 1)
if touched > 0 then redis.call('ZADD', KEYS[5], ARGV[3], ARGV[1]) end
return 1`;

/**
 * A subscriber's address book: hashes `held:<bucket>` and `uids:<bucket>` (see `Image`), hash `book` (version, contacts,
 * numbers, buckets), and hash `dirty-numbers` (number key → stamp): what the reconciliation has still to look at. All of it changes
 * in one step, so an accepted book is reconciled whatever dies next.
 */
export function createAddressBooks(redis: Redis, keys: Keys) {
  async function write(
    id: string,
    ifVersion: number | undefined,
    now: number,
    plan: (standing: Standing) => Promise<Plan>,
  ): Promise<BookInfo> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const info = await tryWrite(redis, keys, id, ifVersion, now, plan);
      if (info) return info;
    }
    throw new Fault('CONFLICT', 'Somebody else keeps writing this address book; try again in a moment.');
  }

  function lookUp(batch: Batch, id: string, numberKeys: readonly string[]): void {
    batch.eval(LOOK_UP, {
      keys: [keys.book(id), keys.heldPart(id)],
      arguments: numberKeys.flatMap((key) => [`${fnv1a(key)}`, key]),
    });
  }

  /** What the subscriber's book says about each number; null when it does not hold it. */
  async function entries(id: string, numberKeys: readonly string[]): Promise<(string | null)[]> {
    if (numberKeys.length === 0) return [];
    const batch = redis.multi();
    for (let from = 0; from < numberKeys.length; from += BATCH) lookUp(batch, id, numberKeys.slice(from, from + BATCH));
    return (await batch.execAsPipeline()).flat() as unknown as (string | null)[];
  }

  return {
    /**
     * Replaces the whole book; the version grows only when something differs.
     * @throws Fault NOT_FOUND, FAILED_PRECONDITION when the book is not at `ifVersion`, CONFLICT when others keep writing it.
     */
    async replace(id: string, after: Book, now: number, ifVersion?: number): Promise<BookInfo> {
      return write(id, ifVersion, now, (standing) => planReplacement(redis, keys, standing, after));
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
      return write(id, ifVersion, now, (standing) => planChange(redis, keys, standing, upsert, remove));
    },

    /** Drops the whole book; false when there is none. */
    async drop(id: string, now: number): Promise<boolean> {
      const reply = await redis.eval(DROP, {
        keys: [keys.book(id), keys.heldPart(id), keys.uidsPart(id), keys.dirtyNumbers(id), keys.due('reconcile', id)],
        arguments: [id, newStamp(), `${now + GRACE}`],
      });
      return reply === 1;
    },

    async info(id: string): Promise<BookInfo> {
      const [version, contacts] = await redis.hmGet(keys.book(id), ['version', 'contacts']);
      return { version: Number(version ?? 0), contacts: Number(contacts ?? 0) };
    },

    async dirtyNumbers(id: string): Promise<Marks> {
      return redis.hGetAll(keys.dirtyNumbers(id));
    },

    async clearDirtyNumbers(id: string, seen: Marks): Promise<void> {
      await clearSeen(redis, keys.dirtyNumbers(id), seen);
    },

    /** Every number that the subscriber's book holds. */
    async numbers(id: string): Promise<string[]> {
      const split = () => redis.hGet(keys.book(id), 'buckets');
      for (;;) {
        const before = await split();
        const read = allBuckets(Number(before ?? 1)).map((bucket) => redis.hKeys(keys.held(id, bucket)));
        const numbers = (await Promise.all(read)).flat();
        // A book that was split anew meanwhile was read in part.
        if ((await split()) === before) return numbers;
      }
    },

    /** For each number: the subscriber's book holds it. */
    async holds(id: string, numberKeys: readonly string[]): Promise<boolean[]> {
      return (await entries(id, numberKeys)).map((entry) => entry !== null);
    },

    /** For each of the holders: its book holds the number. */
    async holdsEach(holders: readonly string[], numberKey: string): Promise<boolean[]> {
      const found = await askSubscribers(redis, holders, (batch, holder) => lookUp(batch, holder, [numberKey]));
      return (found as (string | null)[][]).map(([entry]) => entry != null);
    },

    /** For each number: how the subscriber's book names it; undefined when it does not hold it. */
    async labels(id: string, numberKeys: readonly string[]): Promise<(Label | undefined)[]> {
      return (await entries(id, numberKeys)).map(labelOf);
    },
  };
}

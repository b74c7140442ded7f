import { RESP_TYPES } from 'redis';
import type { Redis } from '../../runtime/redis/redis.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { scanBytes } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { MANY_FIELDS } from '../base/many-fields.ts';
import { clearSeen, type Marks } from '../base/marks.ts';
import { EACH_NUMBER } from '../base/packed-numbers.ts';
import { byPartition, packNumberKey, unpackNumberKey } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { askSlices, slicesOf } from '../base/slices.ts';
import { BOOKS } from '../image/book-buckets.ts';
import { type Label, labelOf } from '../image/book-entry.ts';
import { eachPortion, PORTION_OF, toNextPortion } from '../image/book-portions.ts';
import { readBook } from '../image/book-reading.ts';
import type { BookSeals } from '../image/book-seal.ts';
import type { BookInfo } from './book-writer.ts';

/** Numbers that one call of a script looks up. */
const BATCH = 250;

/**
 * What the books of each of these holders, all of one partition, say about packed number keys, all at one moment. A number that waits is in no
 * book. `places`: for each of them what waits and its books, in the order of the keys, which are those of the first.
 */
const LOOK_UP = defineScript({
  uses: [BOOKS, EACH_NUMBER, MANY_FIELDS],
  keys: ['waiting'],
  keyList: 'places',
  args: ['numbers'],
  reply: as<(Buffer | null)[][]>,
  lua: `
local found, asked = {}, {}
eachNumber(numbers, function(number) asked[#asked + 1] = number end)
for i = 1, #places, 6 do
  waiting, ownBook, ownHeld, sources, sourceBook, sourceHeld = unpack(places, i, i + 5)
  local entries = entriesIn(openBooks(), asked)
  if redis.call('EXISTS', waiting) == 1 then
    for at, hidden in ipairs(valuesOf(waiting, asked)) do entries[at] = not hidden and entries[at] end
  end
  found[#found + 1] = entries
end
return found`,
});

/** The numbers of a portion of a book that do not wait, and where the next portion begins. */
const NUMBERS = defineScript({
  uses: [PORTION_OF],
  keys: ['waiting'],
  reply: as<[next: number | null, numbers: Buffer[]]>,
  lua: `
local numbers = {}
local nextOne = eachOfPortion(function(number)
  if redis.call('HEXISTS', waiting, number) == 0 then numbers[#numbers + 1] = number end
end)
return { nextOne, numbers }`,
});

/** What the books of each of these say about the same numbers: by their ids, in the order of the numbers; null where none holds it. */
export type BookEntries = ReadonlyMap<string, readonly (Buffer | null)[]>;

/** What a subscriber's books hold, and which numbers the reconciliation has still to look at. */
export function createBookLookups(redis: Redis, keys: Keys, sealOf: BookSeals) {
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const places = (id: string) => ({ waiting: keys.waiting(id), ...keys.books(id) });
  const pack = (numberKeys: readonly string[]) => ({ numbers: Buffer.concat(numberKeys.map(packNumberKey)) });

  /** `holders`: of one partition. */
  function lookUp(holders: readonly string[], numberKeys: readonly string[]): Promise<(Buffer | null)[][]> {
    const first = places(holders[0] ?? '');
    const all = { ...first, places: holders.flatMap((holder) => orderOf(places(holder))) };
    return LOOK_UP.run(binary, all, pack(numberKeys));
  }

  /**
   * What the first of the subscriber's books that holds it says about each number; null when none
   * does.
   */
  async function entries(id: string, numberKeys: readonly string[]): Promise<(Buffer | null)[]> {
    // Not as a pipeline, which on a cluster knows only texts.
    return askSlices(numberKeys, async (some) => (await lookUp([id], some))[0] ?? [], BATCH);
  }

  async function entriesOfEach(holders: readonly string[], numberKeys: readonly string[]): Promise<BookEntries> {
    const found = new Map<string, (Buffer | null)[]>();
    if (numberKeys.length === 0) return found;
    const parts = [...byPartition([...new Set(holders)]).values()].flatMap((part) => slicesOf(part));
    await Promise.all(
      parts.map(async (part) => {
        const entries = await lookUp(part, numberKeys);
        for (const [i, holder] of part.entries()) found.set(holder, entries[i] ?? []);
      }),
    );
    return found;
  }

  return {
    /** Every number of a book and its names; of the own book unless a source is named. */
    entriesOf: (id: string, source?: string) => readBook(redis, keys, sealOf(id), id, source),

    /** Of the own book unless a source is named; while one is written in steps, of the book before. */
    async info(id: string, source?: string): Promise<BookInfo> {
      const [version, contacts] = await redis.hmGet(keys.book(id, source), ['version', 'contacts']);
      return { version: Number(version ?? 0), contacts: Number(contacts ?? 0) };
    },

    /** Whether a writer is between two steps of the own book, or died there: it holds what `info` does not tell. */
    async isHalfWritten(id: string): Promise<boolean> {
      return (await redis.hExists(keys.book(id), 'writing')) === 1;
    },

    async dirtyNumbers(id: string): Promise<Marks> {
      const marks: Marks = {};
      for await (const [number, stamp] of scanBytes(binary, keys.dirtyNumbers(id)))
        marks[unpackNumberKey(number)] = `${stamp}`;
      return marks;
    },

    /** Whether the reconciliation has still to look at one of the numbers, or at a pair that one of them concerns. */
    async isDirty(id: string): Promise<boolean> {
      return (await redis.exists(keys.dirtyNumbers(id))) === 1;
    },

    /** Which of these numbers the reconciliation has still to look at; `followed`: marks at which it has. */
    async dirtyAmong(id: string, numberKeys: readonly string[], followed: Marks): Promise<Set<string>> {
      const stamps = await askSlices(numberKeys, (some) => redis.hmGet(keys.dirtyNumbers(id), some.map(packNumberKey)));
      return new Set(numberKeys.filter((number, i) => stamps[i] !== null && stamps[i] !== followed[number]));
    },

    async clearDirtyNumbers(id: string, seen: Marks): Promise<void> {
      await clearSeen(redis, keys.dirtyNumbers(id), seen, packNumberKey);
    },

    /** Every number that one of the subscriber's books holds and that does not wait, as `eachPortion` meets them. */
    async numbers(id: string): Promise<string[]> {
      const found = new Set<string>();
      await eachPortion(redis, keys, id, async ({ book, held, buckets, from }) => {
        const walked = { waiting: keys.waiting(id), book, held };
        const [next, numbers] = await NUMBERS.run(binary, walked, { buckets, from });
        for (const number of numbers) found.add(unpackNumberKey(number));
        return toNextPortion(next);
      });
      return [...found];
    },

    /** For each number: one of the subscriber's books holds it, and it does not wait. */
    async holds(id: string, numberKeys: readonly string[]): Promise<boolean[]> {
      return (await entries(id, numberKeys)).map((entry) => entry !== null);
    },

    /** What the books of each of these holders say, with one script for each hash tag. */
    entriesOfEach,

    /** For each of the holders: one of its books holds one of the numbers. Each costs the same, whoever the others are. */
    async holdsEachAlike(holders: readonly string[], numberKeys: readonly string[]): Promise<boolean[]> {
      const found = await Promise.all(holders.map((holder) => entries(holder, numberKeys)));
      return found.map((of) => of.some((entry) => entry !== null));
    },

    /** How these books name each of the numbers about which they were asked; undefined where none holds it. */
    async labelsIn(found: BookEntries, numberKeys: readonly string[]): Promise<Map<string, (Label | undefined)[]>> {
      const numbers = numberKeys.map((numberKey) => packNumberKey(numberKey).toString('latin1'));
      const labels = new Map<string, (Label | undefined)[]>();
      await eachInTurns(found, ([holder, entries]) => {
        const seal = sealOf(holder);
        const named = numbers.map((number, i) => {
          const entry = entries[i];
          return entry ? labelOf(seal, number, entry.toString('latin1')) : undefined;
        });
        labels.set(holder, named);
      });
      return labels;
    },

    /**
     * For each number, of nobody when undefined: how the subscriber's books name it; undefined when
     * none holds it.
     */
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

type Places = { waiting: string } & ReturnType<Keys['books']>;

/** In the order in which `LOOK_UP` takes them. */
function orderOf({ waiting, ownBook, ownHeld, sources, sourceBook, sourceHeld }: Places): string[] {
  return [waiting, ownBook, ownHeld, sources, sourceBook, sourceHeld];
}

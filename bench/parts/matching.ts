import { inBatches } from '../../runtime/batches.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { idPlace } from '../../store/base/interned.ts';
import type { Keys } from '../../store/base/keys.ts';
import { PARTITIONS, placeOf } from '../../store/base/partitions.ts';
import type { Stores } from '../../store/stores.ts';
import { median } from '../median.ts';
import type { Row } from '../report/rows.ts';

const MATCHING = { rounds: 7, books: 160, contacts: 300, hits: 60, sideBySide: 8, goal: 0.5 } as const;
const FLAT = 'flat';

/** Contacts a second: who owns the numbers of a book, by the store and by the bare commands that read the same. */
export async function matching(
  redis: Redis,
  stores: Stores,
  members: readonly string[],
  strangers: readonly string[],
  say: (line: string) => void,
): Promise<Row[]> {
  const books = Array.from({ length: MATCHING.books }, (_, i) => mixedBook(members, strangers, i));
  const prepared = books.map((book) => prepare(stores.keys, book));
  await fillFlat(redis, members);
  const rates = { store: [] as number[], bare: [] as number[], flat: [] as number[] };
  for (let round = 0; round < MATCHING.rounds; round += 1) {
    rates.bare.push(await rateOf(prepared, (book) => bareOwners(redis, stores.keys, book)));
    rates.store.push(await rateOf(books, async (book) => (await stores.directory.owners(book)).filter(Boolean).length));
    rates.flat.push(await rateOf(books, async (book) => (await redis.hmGet(FLAT, book)).filter(Boolean).length));
  }
  await redis.unlink(FLAT);
  const [bare, store, flat] = [median(rates.bare), median(rates.store), median(rates.flat)];
  const ratio = median(rates.store.map((rate, i) => rate / (rates.bare[i] ?? Number.NaN)));
  say(`Matching: ${store.toFixed(0)} contacts/s, bare ${bare.toFixed(0)}, one hash ${flat.toFixed(0)}`);
  return [
    {
      what: 'Matching books of 300 with 60 hits, contacts a second: the store, and the bare commands that read the same',
      measured: `${thousands(store)} and ${thousands(bare)}: ratio ${ratio.toFixed(2)}`,
      goal: `at least ${MATCHING.goal}`,
      met: ratio >= MATCHING.goal,
    },
    {
      what: 'The same numbers by HMGET from one hash of 1,000,000, which no cluster can spread and which needs four times the memory',
      measured: thousands(flat),
      goal: '',
      met: undefined,
    },
  ];
}

function mixedBook(members: readonly string[], strangers: readonly string[], i: number): string[] {
  return Array.from({ length: MATCHING.contacts }, (_, n) => {
    const isHit = n % (MATCHING.contacts / MATCHING.hits) === 0;
    const list = isHit ? members : strangers;
    return list[(i * 7_919 + n * 104_729) % list.length] as string;
  });
}

/** For each partition concerned: keys and fields, ready to be sent. */
type Prepared = { key: string; field: Buffer }[][];

function prepare(keys: Keys, book: readonly string[]): Prepared {
  const parts: Prepared = Array.from({ length: PARTITIONS }, () => []);
  for (const numberKey of book) {
    const { bucket, field } = placeOf(numberKey);
    parts[bucket % PARTITIONS]?.push({ key: keys.directory(bucket), field });
  }
  return parts.filter((part) => part.length > 0);
}

/** One pipeline of HGET for each partition, and then one for each partition of the ids that were found. */
async function bareOwners(redis: Redis, keys: Keys, parts: Prepared): Promise<number> {
  const found = await Promise.all(
    parts.map(async (part) => {
      const batch = redis.multi();
      for (const { key, field } of part) batch.hGet(key, field);
      return (await batch.execAsPipeline()) as unknown as (string | null)[];
    }),
  );
  const ids: Map<number, { key: string; field: string }[]> = new Map();
  for (const index of found.flat()) {
    if (index === null) continue;
    const place = idPlace(keys, Number(index));
    const partition = Math.floor(Number(index) / 64) % PARTITIONS;
    ids.set(partition, [...(ids.get(partition) ?? []), place]);
  }
  const replies = await Promise.all(
    [...ids.values()].map((places) => {
      const batch = redis.multi();
      for (const { key, field } of places) batch.hGet(key, field);
      return batch.execAsPipeline();
    }),
  );
  return replies.flat().length;
}

async function fillFlat(redis: Redis, members: readonly string[]): Promise<void> {
  for (const [n, part] of inBatches(members, 1_000).entries())
    await redis.hSet(FLAT, part.flatMap((numberKey, i) => [numberKey, `${n * 1_000 + i}`]) as never);
}

async function rateOf<T>(books: readonly T[], match: (book: T) => Promise<number>): Promise<number> {
  const start = performance.now();
  for (const part of inBatches(books, MATCHING.sideBySide))
    for (const hits of await Promise.all(part.map(match)))
      if (hits !== MATCHING.hits) throw new Error(`${hits} of ${MATCHING.hits} numbers were found.`);
  return (books.length * MATCHING.contacts * 1_000) / (performance.now() - start);
}

function thousands(rate: number): string {
  return Math.round(rate).toLocaleString('en');
}

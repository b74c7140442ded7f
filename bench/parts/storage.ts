import { randomBytes } from 'node:crypto';
import { createStores } from '../../store/stores.ts';
import type { Row } from '../report/rows.ts';
import { bookOfKeys, fillDirectory, fillIds, makeOwners, newNumberKeys, storeBooks } from './crowd.ts';
import { matching } from './matching.ts';
import { startPrivateRedis } from './private-redis.ts';

/** Sizes, and the bytes that are to be reached. */
export const STORAGE = {
  subscribers: 1_000_000,
  books: 10_000,
  contacts: 300,
  /** Numbers from which the books are drawn; with 3,000,000 entries each is in two books on average. */
  strangers: 2_000_000,
  goals: { directory: 120, reverse: 20, book: 45 },
} as const;

/** Memory of the directory, of the reverse index and of books that match nobody, and how quickly books are matched. */
export async function storage(folder: string, say: (line: string) => void): Promise<Row[]> {
  const server = await startPrivateRedis(folder);
  const { redis, used } = server;
  const stores = createStores(redis, 'earshot', randomBytes(32));
  const { keys } = stores;
  const rows: Row[] = [];
  async function cost(what: string, count: number, goal: number | undefined, fill: () => Promise<void>): Promise<void> {
    const before = await used();
    await fill();
    const bytes = ((await used()) - before) / count;
    say(`${what}: ${bytes.toFixed(1)} bytes`);
    const met = goal === undefined ? undefined : bytes <= goal;
    rows.push({ what, measured: `${bytes.toFixed(1)} bytes`, goal: goal === undefined ? '' : `at most ${goal}`, met });
  }
  try {
    const { subscribers, books, contacts, strangers, goals } = STORAGE;
    const members = newNumberKeys(subscribers);
    await cost('Directory, for each of 1,000,000 subscribers', subscribers, goals.directory, async () => {
      await fillDirectory(redis, keys, members);
      await fillIds(redis, keys, subscribers);
    });
    rows.push(...(await matching(redis, stores, members, newNumberKeys(100_000), say)));
    const pool = newNumberKeys(strangers);
    const drawn = Array.from({ length: books }, () => draw(pool, contacts));
    const owners = await makeOwners(redis, keys, books);
    await cost('Reverse index, for each of 3,000,000 book entries', books * contacts, goals.reverse, async () => {
      for (const [i, id] of owners.entries())
        await stores.holders.update(
          await stores.holders.indexOf(id),
          (drawn[i] ?? []).map((numberKey) => ({ numberKey, held: true })),
        );
    });
    for (const withUids of [true, false]) {
      const what = `Book, for each of 3,000,000 entries ${withUids ? 'with a uid' : 'without a uid'}, label included`;
      await cost(what, books * contacts, goals.book, () =>
        storeBooks(redis, stores, owners, (i) => bookOfKeys(drawn[i] ?? [], withUids)),
      );
      for (const id of owners) await stores.addressBooks.drop(id, 0);
      for (const id of owners) await redis.del([keys.dirtyNumbers(id), keys.book(id)]);
    }
    return rows;
  } finally {
    await server.stop();
  }
}

/** `count` different numbers of the pool. */
function draw(pool: readonly string[], count: number): string[] {
  const drawn = new Set<string>();
  while (drawn.size < count) drawn.add(pool[Math.floor(Math.random() * pool.length)] as string);
  return [...drawn];
}

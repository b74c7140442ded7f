import { WatchError } from 'redis';
import { type Book, type Contact, compareBooks } from '../domain/address-book.ts';
import { Fault } from '../domain/fault.ts';
import type { Redis, RedisPool } from '../runtime/redis.ts';
import { GRACE } from './due.ts';
import type { Keys } from './keys.ts';
import { clearSeen, type Marks, newStamp } from './marks.ts';

export type AddressBooks = ReturnType<typeof createAddressBooks>;
export type BookInfo = { version: number; contacts: number };

/** A contact that holds a number, under its uid. */
export type Label = { name: string; groups: string[] };

const ATTEMPTS = 10;

// The version goes on counting: a client that remembers an old one must not meet it again.
const DROP = `
local keys = redis.call('HKEYS', KEYS[3])
for _, key in ipairs(keys) do redis.call('HSET', KEYS[4], key, ARGV[2]) end
local known = redis.call('EXISTS', KEYS[2])
redis.call('DEL', KEYS[2], KEYS[3])
if known == 1 then redis.call('HINCRBY', KEYS[1], 'version', 1) end
if #keys > 0 then redis.call('ZADD', KEYS[5], ARGV[3], ARGV[1]) end
return known`;

/**
 * A subscriber's address book: hash `contacts` (uid → contact), hash `held` (number key → the uids that hold it), hash
 * `book` (version), and hash `dirty-numbers` (number key → stamp): what the reconciliation has still to look at. All of it
 * changes in one transaction, so an accepted book is reconciled whatever dies next.
 */
export function createAddressBooks(redis: Redis, pool: RedisPool | undefined, keys: Keys) {
  return {
    /**
     * Replaces the whole book; the version grows only when something differs.
     * @throws Fault CONFLICT when others keep writing the same book meanwhile.
     */
    async replace(id: string, after: Book, now: number): Promise<BookInfo> {
      if (!pool) throw new Error('This process does not write address books.');
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const info = await pool.execute((client) => tryReplace(client as unknown as Redis, keys, id, after, now));
        if (info) return info;
      }
      throw new Fault('CONFLICT', 'Somebody else keeps writing this address book; try again in a moment.');
    },

    /** Drops the whole book; false when there is none. */
    async drop(id: string, now: number): Promise<boolean> {
      const reply = await redis.eval(DROP, {
        keys: [keys.book(id), keys.contacts(id), keys.held(id), keys.dirtyNumbers(id), keys.due('reconcile')],
        arguments: [id, newStamp(), `${now + GRACE}`],
      });
      return reply === 1;
    },

    async info(id: string): Promise<BookInfo> {
      const [version, contacts] = await Promise.all([
        redis.hGet(keys.book(id), 'version'),
        redis.hLen(keys.contacts(id)),
      ]);
      return { version: Number(version ?? 0), contacts };
    },

    async dirtyNumbers(id: string): Promise<Marks> {
      return redis.hGetAll(keys.dirtyNumbers(id));
    },

    async clearDirtyNumbers(id: string, seen: Marks): Promise<void> {
      await clearSeen(redis, keys.dirtyNumbers(id), seen);
    },

    /** For each number: the subscriber's book holds it. */
    async holds(id: string, numberKeys: readonly string[]): Promise<boolean[]> {
      if (numberKeys.length === 0) return [];
      return (await redis.hmGet(keys.held(id), [...numberKeys])).map((uids) => uids !== null);
    },

    /** For each (holder, number): the holder's book holds it. */
    async holdsEach(pairs: readonly { holder: string; numberKey: string }[]): Promise<boolean[]> {
      if (pairs.length === 0) return [];
      const batch = redis.multi();
      for (const { holder, numberKey } of pairs) batch.hExists(keys.held(holder), numberKey);
      return (await batch.execAsPipeline()).map((reply) => Number(reply) === 1);
    },

    /** For each (holder, number): how the holder's book names it; undefined when it does not hold it. */
    async labels(pairs: readonly { holder: string; numberKey: string }[]): Promise<(Label | undefined)[]> {
      if (pairs.length === 0) return [];
      const found = redis.multi();
      for (const { holder, numberKey } of pairs) found.hGet(keys.held(holder), numberKey);
      const uids = (await found.execAsPipeline()).map((reply) => firstUid(reply as unknown as string | null));
      const contacts = redis.multi();
      for (const [i, { holder }] of pairs.entries()) contacts.hGet(keys.contacts(holder), uids[i] ?? '');
      const replies = await contacts.execAsPipeline();
      return replies.map((reply, i) =>
        uids[i] === undefined ? undefined : toLabel(reply as unknown as string | null),
      );
    },
  };
}

/** One optimistic attempt; undefined when another writer came between (WATCH). */
async function tryReplace(
  client: Redis,
  keys: Keys,
  id: string,
  after: Book,
  now: number,
): Promise<BookInfo | undefined> {
  await client.watch([keys.book(id), keys.subscriber(id)]);
  const [version, stored, state] = await Promise.all([
    client.hGet(keys.book(id), 'version'),
    client.hGetAll(keys.contacts(id)),
    client.hGet(keys.subscriber(id), 'state'),
  ]);
  if (state !== 'active') {
    await client.unwatch();
    throw new Fault('NOT_FOUND', 'There is no such subscriber.');
  }
  const change = compareBooks(toBook(stored), after);
  const before = Number(version ?? 0);
  if (version !== null && change.upsert.size === 0 && change.remove.length === 0) {
    await client.unwatch();
    return { version: before, contacts: after.size };
  }
  const transaction = client.multi().hSet(keys.book(id), 'version', before + 1);
  writeContacts(transaction, keys, id, change);
  writeHeld(transaction, keys, id, after, change.touched);
  if (change.touched.size > 0) transaction.zAdd(keys.due('reconcile'), { value: id, score: now + GRACE });
  return (await committed(transaction)) ? { version: before + 1, contacts: after.size } : undefined;
}

type Transaction = ReturnType<Redis['multi']>;

function writeContacts(
  transaction: Transaction,
  keys: Keys,
  id: string,
  change: ReturnType<typeof compareBooks>,
): void {
  const upserts = [...change.upsert].map(([uid, contact]): [string, string] => [uid, JSON.stringify(contact)]);
  if (upserts.length > 0) transaction.hSet(keys.contacts(id), upserts.flat() as never);
  if (change.remove.length > 0) transaction.hDel(keys.contacts(id), change.remove);
}

function writeHeld(transaction: Transaction, keys: Keys, id: string, after: Book, touched: ReadonlySet<string>): void {
  if (touched.size === 0) return;
  const uidsOf = new Map<string, string[]>();
  for (const [uid, { numberKeys }] of after)
    for (const key of numberKeys) if (touched.has(key)) uidsOf.set(key, [...(uidsOf.get(key) ?? []), uid]);
  const gone = [...touched].filter((key) => !uidsOf.has(key));
  if (gone.length > 0) transaction.hDel(keys.held(id), gone);
  if (uidsOf.size > 0)
    transaction.hSet(keys.held(id), [...uidsOf].flatMap(([key, uids]) => [key, JSON.stringify(uids)]) as never);
  const stamp = newStamp();
  transaction.hSet(keys.dirtyNumbers(id), [...touched].flatMap((key) => [key, stamp]) as never);
}

async function committed(transaction: Transaction): Promise<boolean> {
  try {
    await transaction.exec();
    return true;
  } catch (err) {
    if (err instanceof WatchError) return false;
    throw err;
  }
}

function toBook(stored: Record<string, string>): Book {
  return new Map(Object.entries(stored).map(([uid, json]) => [uid, JSON.parse(json) as Contact]));
}

function firstUid(json: string | null): string | undefined {
  return json === null ? undefined : (JSON.parse(json) as string[])[0];
}

function toLabel(json: string | null): Label | undefined {
  if (json === null) return undefined;
  const { name, groups } = JSON.parse(json) as Contact;
  return { name, groups };
}

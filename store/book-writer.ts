import { WatchError } from 'redis';
import { type Book, LARGEST_BOOK } from '../domain/address-book.ts';
import { Fault } from '../domain/fault.ts';
import type { Redis } from '../runtime/redis.ts';
import { allBuckets, bucketsFor } from './book-buckets.ts';
import { changedImage, type Difference, differenceOf, type Image, imageOf, numbersOf, uidKey } from './book-image.ts';
import { GRACE } from './due.ts';
import { fnv1a } from './fnv.ts';
import type { Keys } from './keys.ts';
import { newStamp } from './marks.ts';

export type BookInfo = { version: number; contacts: number };

/** A book as it stood when a writer began to watch it; `version` is null when there has never been one. */
export type Standing = { id: string; version: number | null; contacts: number; buckets: number };

type Side = 'held' | 'uids';

/**
 * One optimistic attempt on a connection of its own; undefined when another writer came between (WATCH).
 * @throws Fault NOT_FOUND, FAILED_PRECONDITION when the book is not at `ifVersion`, PAYLOAD_TOO_LARGE
 */
export async function tryWrite(
  client: Redis,
  keys: Keys,
  id: string,
  ifVersion: number | undefined,
  now: number,
  plan: (standing: Standing) => Promise<Plan>,
): Promise<BookInfo | undefined> {
  await client.watch([keys.book(id), keys.subscriber(id)]);
  try {
    const standing = await begin(client, keys, id, ifVersion);
    return await commit(client, keys, standing, await plan(standing), now);
  } catch (err) {
    if (err instanceof WatchError) return undefined;
    await client.unwatch();
    throw err;
  }
}

async function begin(client: Redis, keys: Keys, id: string, ifVersion: number | undefined): Promise<Standing> {
  const [state, [version, contacts, buckets]] = await Promise.all([
    client.hGet(keys.subscriber(id), 'state'),
    client.hmGet(keys.book(id), ['version', 'contacts', 'buckets']),
  ]);
  if (state !== 'active') throw new Fault('NOT_FOUND', 'There is no such subscriber.');
  if (ifVersion !== undefined && ifVersion !== Number(version ?? 0))
    throw new Fault('FAILED_PRECONDITION', 'Somebody else has changed this address book; read its ETag and try again.');
  return {
    id,
    version: version == null ? null : Number(version),
    contacts: Number(contacts ?? 0),
    buckets: Number(buckets ?? 1),
  };
}

/** What shall be written: images of the same part of the book. `whole`: they are the whole book. */
export type Plan = { before: Image; after: Image; contacts: number; whole: boolean };

export async function planReplacement(client: Redis, keys: Keys, standing: Standing, book: Book): Promise<Plan> {
  return { before: await readAll(client, keys, standing), after: imageOf(book), contacts: book.size, whole: true };
}

/** Reads only what the contacts concern, unless the book has outgrown its buckets. */
export async function planChange(
  client: Redis,
  keys: Keys,
  standing: Standing,
  upsert: Book,
  remove: readonly string[],
): Promise<Plan> {
  let before = await readPart(client, keys, standing, upsert, remove);
  let after = changedImage(before, upsert, remove);
  const contacts = standing.contacts + after.uids.size - before.uids.size;
  const whole = bucketsFor(contacts, standing.buckets) !== standing.buckets;
  if (whole) {
    before = await readAll(client, keys, standing);
    after = changedImage(before, upsert, remove);
  }
  return { before, after, contacts, whole };
}

async function readPart(
  client: Redis,
  keys: Keys,
  standing: Standing,
  upsert: Book,
  remove: readonly string[],
): Promise<Image> {
  const uids = await readFields(client, keys, standing, 'uids', [...upsert.keys(), ...remove].map(uidKey));
  const numbers = [...[...uids.values()].flatMap(numbersOf), ...[...upsert.values()].flatMap((one) => one.numberKeys)];
  return { uids, held: await readFields(client, keys, standing, 'held', numbers) };
}

async function readFields(
  client: Redis,
  keys: Keys,
  { id, buckets }: Standing,
  side: Side,
  fields: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  await Promise.all(
    [...byBucket(new Set(fields), buckets, (field) => field)].map(async ([bucket, part]) => {
      const values = await client.hmGet(keys[side](id, bucket), part);
      for (const [i, field] of part.entries()) if (values[i] != null) found.set(field, values[i]);
    }),
  );
  return found;
}

async function readAll(client: Redis, keys: Keys, { id, buckets }: Standing): Promise<Image> {
  const image: Image = { held: new Map(), uids: new Map() };
  const read = async (side: Side, bucket: number) => {
    for (const [field, value] of Object.entries(await client.hGetAll(keys[side](id, bucket))))
      image[side].set(field, value);
  };
  await Promise.all(allBuckets(buckets).flatMap((bucket) => [read('held', bucket), read('uids', bucket)]));
  return image;
}

async function commit(
  client: Redis,
  keys: Keys,
  { id, version, contacts: present, buckets }: Standing,
  { before, after, contacts, whole }: Plan,
  now: number,
): Promise<BookInfo> {
  if (contacts > LARGEST_BOOK)
    throw new Fault('PAYLOAD_TOO_LARGE', `An address book holds at most ${LARGEST_BOOK} contacts; remove some first.`);
  const held = differenceOf(before.held, after.held);
  const uids = differenceOf(before.uids, after.uids);
  if (version !== null && contacts === present && isEmpty(held) && isEmpty(uids)) {
    await client.unwatch();
    return { version, contacts };
  }
  const wanted = whole ? bucketsFor(contacts, buckets) : buckets;
  const next = { version: (version ?? 0) + 1, contacts };
  const transaction = client.multi().hSet(keys.book(id), { ...next, buckets: wanted });
  if (wanted !== buckets)
    transaction.del(allBuckets(buckets).flatMap((bucket) => [keys.held(id, bucket), keys.uids(id, bucket)]));
  write(transaction, keys, id, 'held', wanted, wanted === buckets ? held : { set: [...after.held], unset: [] });
  write(transaction, keys, id, 'uids', wanted, wanted === buckets ? uids : { set: [...after.uids], unset: [] });
  markTouched(transaction, keys, id, held, now);
  await transaction.exec();
  return next;
}

type Transaction = ReturnType<Redis['multi']>;

function write(
  transaction: Transaction,
  keys: Keys,
  id: string,
  side: Side,
  buckets: number,
  { set, unset }: Difference,
): void {
  for (const [bucket, part] of byBucket(unset, buckets, (field) => field))
    transaction.hDel(keys[side](id, bucket), part);
  for (const [bucket, part] of byBucket(set, buckets, ([field]) => field))
    transaction.hSet(keys[side](id, bucket), part.flat() as never);
}

/** The reconciliation has to look at every number whose holder or label differs. */
function markTouched(transaction: Transaction, keys: Keys, id: string, { set, unset }: Difference, now: number): void {
  const touched = [...set.map(([number]) => number), ...unset];
  if (touched.length === 0) return;
  const stamp = newStamp();
  transaction.hSet(keys.dirtyNumbers(id), touched.flatMap((number) => [number, stamp]) as never);
  transaction.zAdd(keys.due('reconcile', id), { value: id, score: now + GRACE });
}

function byBucket<T>(items: Iterable<T>, buckets: number, fieldOf: (item: T) => string): Map<number, T[]> {
  const parts = new Map<number, T[]>();
  for (const item of items) {
    const bucket = fnv1a(fieldOf(item)) % buckets;
    const part = parts.get(bucket);
    if (part) part.push(item);
    else parts.set(bucket, [item]);
  }
  return parts;
}

function isEmpty({ set, unset }: Difference): boolean {
  return set.length + unset.length === 0;
}

import type { Book } from '../domain/address-book.ts';
import { Fault } from '../domain/fault.ts';
import type { Redis } from '../runtime/redis.ts';
import { allBuckets, bucketsFor, byBucket } from './book-buckets.ts';
import { changedImage, type Image, imageOf, numbersOf, uidKey } from './book-image.ts';
import type { Keys } from './keys.ts';

/** A book as it stood when a writer began to read it; `version` is null when there has never been one. */
export type Standing = { id: string; version: number | null; contacts: number; numbers: number; buckets: number };

/** What shall be written: images of the same part of the book. `whole`: they are the whole book. */
export type Plan = { before: Image; after: Image; contacts: number; numbers: number; whole: boolean };

type Side = 'held' | 'uids';

/** @throws Fault NOT_FOUND, FAILED_PRECONDITION when the book is not at `ifVersion` */
export async function readStanding(
  redis: Redis,
  keys: Keys,
  id: string,
  ifVersion: number | undefined,
): Promise<Standing> {
  const [state, [version, contacts, numbers, buckets]] = await Promise.all([
    redis.hGet(keys.subscriber(id), 'state'),
    redis.hmGet(keys.book(id), ['version', 'contacts', 'numbers', 'buckets']),
  ]);
  if (state !== 'active') throw noSubscriber();
  if (ifVersion !== undefined && ifVersion !== Number(version ?? 0))
    throw new Fault('FAILED_PRECONDITION', 'Somebody else has changed this address book; read its ETag and try again.');
  return {
    id,
    version: version == null ? null : Number(version),
    contacts: Number(contacts ?? 0),
    numbers: Number(numbers ?? 0),
    buckets: Number(buckets ?? 1),
  };
}

export function noSubscriber(): Fault {
  return new Fault('NOT_FOUND', 'There is no such subscriber.');
}

export async function planReplacement(redis: Redis, keys: Keys, standing: Standing, book: Book): Promise<Plan> {
  const after = imageOf(book);
  const before = await readAll(redis, keys, standing);
  return { before, after, contacts: book.size, numbers: after.held.size, whole: true };
}

/** Reads only what the contacts concern, unless the book has outgrown its buckets. */
export async function planChange(
  redis: Redis,
  keys: Keys,
  standing: Standing,
  upsert: Book,
  remove: readonly string[],
): Promise<Plan> {
  let before = await readPart(redis, keys, standing, upsert, remove);
  let after = changedImage(before, upsert, remove);
  const contacts = standing.contacts + after.uids.size - before.uids.size;
  const whole = bucketsFor(contacts, standing.buckets) !== standing.buckets;
  if (whole) {
    before = await readAll(redis, keys, standing);
    after = changedImage(before, upsert, remove);
  }
  const numbers = standing.numbers + after.held.size - before.held.size;
  return { before, after, contacts, numbers, whole };
}

async function readPart(
  redis: Redis,
  keys: Keys,
  standing: Standing,
  upsert: Book,
  remove: readonly string[],
): Promise<Image> {
  const uids = await readFields(redis, keys, standing, 'uids', [...upsert.keys(), ...remove].map(uidKey));
  const numbers = [...[...uids.values()].flatMap(numbersOf), ...[...upsert.values()].flatMap((one) => one.numberKeys)];
  return { uids, held: await readFields(redis, keys, standing, 'held', numbers) };
}

async function readFields(
  redis: Redis,
  keys: Keys,
  { id, buckets }: Standing,
  side: Side,
  fields: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  await Promise.all(
    [...byBucket(new Set(fields), buckets, (field) => field)].map(async ([bucket, part]) => {
      const values = await redis.hmGet(keys[side](id, bucket), part);
      for (const [i, field] of part.entries()) if (values[i] != null) found.set(field, values[i]);
    }),
  );
  return found;
}

async function readAll(redis: Redis, keys: Keys, { id, buckets }: Standing): Promise<Image> {
  const image: Image = { held: new Map(), uids: new Map() };
  const read = async (side: Side, bucket: number) => {
    for (const [field, value] of Object.entries(await redis.hGetAll(keys[side](id, bucket))))
      image[side].set(field, value);
  };
  await Promise.all(allBuckets(buckets).flatMap((bucket) => [read('held', bucket), read('uids', bucket)]));
  return image;
}

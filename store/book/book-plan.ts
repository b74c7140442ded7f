import { RESP_TYPES } from 'redis';
import type { Book } from '../../domain/book/address-book.ts';
import { Fault } from '../../domain/fault.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import { EACH_NUMBER } from '../base/packed-numbers.ts';
import { packNumberKey } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { allBuckets, BUCKET_OF, bucketsFor } from './book-buckets.ts';
import { changedImage, type Image, imageOf, RECORD_BYTES } from './book-image.ts';
import { type BookSeal, HEAD_BYTES } from './book-seal.ts';

/** Single contacts that are more than this part of a book are not looked up one by one. */
const GOOD_PART = 8;
/** Contacts, or numbers, that one call of a script looks up. */
const BATCH = 100;

/**
 * The records with these heads of uids, and what is held at their numbers and at the others; heads
 * and number keys are packed. What it looks through in one step is a few buckets; a whole book is
 * compared with its version when the change is written.
 */
const FIND = defineScript({
  uses: [BUCKET_OF, EACH_NUMBER],
  keys: ['book', 'held', 'uids'],
  args: ['heads', 'numbers'],
  reply: as<[records: Buffer[], held: Buffer[]]>,
  lua: `
local buckets = tonumber(redis.call('HGET', book, 'buckets') or '1')
local records, found = {}, {}
local function add(bucket, number)
  local value = redis.call('HGET', bucket, number)
  if not value then return end
  found[#found + 1] = number
  found[#found + 1] = value
end
local function addAll(prefix)
  local bucket = bucketOf(held, prefix, buckets)
  for _, number in ipairs(redis.call('HKEYS', bucket)) do
    if string.sub(number, 1, #prefix) == prefix then add(bucket, number) end
  end
end
for i = 1, #heads, ${HEAD_BYTES} do
  local head = string.sub(heads, i, i + ${HEAD_BYTES - 1})
  local list = redis.call('GET', bucketOf(uids, head, buckets)) or ''
  for at = 1, #list, ${RECORD_BYTES} do
    if string.sub(list, at, at + ${HEAD_BYTES - 1}) == head then
      local prefix = string.sub(list, at + ${HEAD_BYTES}, at + ${RECORD_BYTES - 1})
      records[#records + 1] = head .. prefix
      addAll(prefix)
    end
  end
end
eachNumber(numbers, function(number) add(bucketOf(held, number, buckets), number) end)
return { records, found }`,
});

/** A bucket with its records, and how many the book has, as they stand at one moment. */
const READ_BUCKET = defineScript({
  keys: ['book', 'held', 'uids'],
  reply: as<[held: Buffer[], records: Buffer, buckets: Buffer]>,
  lua: `
local buckets = redis.call('HGET', book, 'buckets') or '1'
return { redis.call('HGETALL', held), redis.call('GET', uids) or '', buckets }`,
});

/** A book as it stood when a writer began to read it; `version` is null when there has never been one. */
export type Standing = {
  id: string;
  /** The source whose book it is; undefined for the subscriber's own. */
  source: string | undefined;
  version: number | null;
  contacts: number;
  numbers: number;
  /** Of all values; undefined when nobody has counted them. */
  bytes: number | undefined;
  buckets: number;
  /** Of the writer that is between two of its steps, or died there; empty when none is. */
  writing: string;
  /** The subscriber's sources: what one number costs grows with their books. */
  sources: number;
};

/** What shall be written: images of the same part of the book, and what the whole book then is. `bytes`: of all its values. */
export type Plan = {
  before: Image;
  after: Image;
  contacts: number;
  numbers: number;
  bytes: number;
  buckets: number;
};

export function changedMeanwhile(): Fault {
  return new Fault('FAILED_PRECONDITION', 'Somebody else has changed this address book; read its ETag and try again.');
}

/** @throws Fault NOT_FOUND, FAILED_PRECONDITION when the book is not at `ifVersion` */
export async function readStanding(
  redis: Redis,
  keys: Keys,
  id: string,
  source: string | undefined,
  ifVersion: number | undefined,
): Promise<Standing> {
  const [state, [version, contacts, numbers, buckets, bytes, writing], sources] = await Promise.all([
    redis.hGet(keys.subscriber(id), 'state'),
    redis.hmGet(keys.book(id, source), ['version', 'contacts', 'numbers', 'buckets', 'bytes', 'writing']),
    redis.sCard(keys.sources(id)),
  ]);
  if (state !== 'active') throw noSubscriber();
  if (ifVersion !== undefined && ifVersion !== Number(version ?? 0)) throw changedMeanwhile();
  return {
    id,
    source,
    version: version == null ? null : Number(version),
    contacts: Number(contacts ?? 0),
    numbers: Number(numbers ?? 0),
    bytes: bytes == null ? undefined : Number(bytes),
    buckets: Number(buckets ?? 1),
    writing: writing ?? '',
    sources,
  };
}

export function noSubscriber(): Fault {
  return new Fault('NOT_FOUND', 'There is no such subscriber.');
}

export async function planReplacement(
  redis: Redis,
  keys: Keys,
  seal: BookSeal,
  standing: Standing,
  book: Book,
): Promise<Plan> {
  const { after, put } = await imageOf(seal, book);
  const before = await readAll(redis, keys, standing);
  const numbers = after.held.size;
  const buckets = bucketsFor(numbers, standing.buckets);
  return { before, after, contacts: put, numbers, bytes: bytesIn(after), buckets };
}

/** Reads only what the contacts concern, unless they are a good part of the book. */
export async function planChange(
  redis: Redis,
  keys: Keys,
  seal: BookSeal,
  standing: Standing,
  upsert: Book,
  remove: readonly string[],
): Promise<Plan> {
  const whole = standing.bytes === undefined || (upsert.size + remove.length) * GOOD_PART > standing.numbers;
  const before = whole
    ? await readAll(redis, keys, standing)
    : await readPart(redis, keys, seal, standing, upsert, remove);
  const { after, put, gone } = await changedImage(seal, before, upsert, remove);
  const contacts = standing.contacts + put - gone;
  const numbers = standing.numbers + after.held.size - before.held.size;
  const bytes = whole ? bytesIn(after) : (standing.bytes ?? 0) + bytesIn(after) - bytesIn(before);
  return { before, after, contacts, numbers, bytes, buckets: bucketsFor(numbers, standing.buckets) };
}

/** Bytes of all values of an image. */
export function bytesIn({ held }: Image): number {
  let bytes = 0;
  for (const value of held.values()) bytes += value.length;
  return bytes;
}

async function readPart(
  redis: Redis,
  keys: Keys,
  seal: BookSeal,
  { id, source }: Standing,
  upsert: Book,
  remove: readonly string[],
): Promise<Image> {
  const numbers = [...upsert.values()].flatMap(({ numberKeys }) => numberKeys.map(packNumberKey));
  const heads = [...upsert.keys(), ...remove].map((uid) => Buffer.from(seal.marksOf(uid).head, 'latin1'));
  const image: Image = { held: new Map(), uids: new Set() };
  for (const [some, others] of batches(heads, numbers)) {
    const [records, held] = await FIND.run(
      toBytes(redis),
      { book: keys.book(id, source), held: keys.heldPart(id, source), uids: keys.uidsPart(id, source) },
      { heads: Buffer.concat(some), numbers: Buffer.concat(others) },
    );
    for (const record of records) image.uids.add(latin1(record));
    for (const [number, value] of toHeld(held)) image.held.set(number, value);
  }
  return image;
}

/** Both by so many as Redis looks up in a moment: each looks through a bucket. */
function batches(heads: readonly Buffer[], numbers: readonly Buffer[]): [Buffer[], Buffer[]][] {
  const count = Math.ceil(Math.max(heads.length, numbers.length) / BATCH);
  return Array.from({ length: count }, (_, i) => [
    heads.slice(i * BATCH, (i + 1) * BATCH),
    numbers.slice(i * BATCH, (i + 1) * BATCH),
  ]);
}

/** Begins again where somebody splits or joins the book meanwhile. */
async function readAll(redis: Redis, keys: Keys, { id, source, buckets }: Standing): Promise<Image> {
  for (let count = buckets; ; ) {
    const image: Image = { held: new Map(), uids: new Set() };
    const present = await readBuckets(redis, keys, { id, source, buckets: count }, image);
    if (present === count) return image;
    count = present;
  }
}

/** Puts what is in so many buckets into the image; how many there were by then, where it was another number. */
async function readBuckets(
  redis: Redis,
  keys: Keys,
  { id, source, buckets }: Pick<Standing, 'id' | 'source' | 'buckets'>,
  image: Image,
): Promise<number> {
  const bytes = toBytes(redis);
  let present = buckets;
  await Promise.all(
    allBuckets(buckets).map(async (bucket) => {
      const places = { held: keys.held(id, bucket, source), uids: keys.uids(id, bucket, source) };
      const [held, records, count] = await READ_BUCKET.run(bytes, { book: keys.book(id, source), ...places }, {});
      if (Number(count) !== buckets) present = Number(count);
      for (const [number, value] of toHeld(held)) image.held.set(number, value);
      for (let at = 0; at < records.length; at += RECORD_BYTES)
        image.uids.add(latin1(records.subarray(at, at + RECORD_BYTES)));
    }),
  );
  return present;
}

function toBytes(redis: Redis) {
  return redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
}

function toHeld(fields: Buffer[]): Map<string, string> {
  return new Map(pairs(fields).map(([number, value]) => [latin1(number), latin1(value)]));
}

function latin1(bytes: Buffer): string {
  return bytes.toString('latin1');
}

/** What Redis answers for a hash, by twos. */
export function pairs<T>(list: readonly T[]): [T, T][] {
  return Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i] as T, list[2 * i + 1] as T]);
}

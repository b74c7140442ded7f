import { RESP_TYPES } from 'redis';
import type { Book } from '../../domain/book/address-book.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { takeTurns } from '../../runtime/turns.ts';
import type { Keys } from '../base/keys.ts';
import { EACH_NUMBER } from '../base/packed-numbers.ts';
import { packNumberKey } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { allBuckets, BUCKET_OF } from './book-buckets.ts';
import { type Image, RECORD_BYTES } from './book-image.ts';
import { type BookSeal, HEAD_BYTES } from './book-seal.ts';
import type { Standing } from './book-standing.ts';

/** Contacts, or numbers, that one call of a script looks up. */
const BATCH = 100;
/** Buckets that are asked for together: the answers of a whole book, all at once, would hold everybody else up. */
const BUCKETS_AT_ONCE = 16;

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

/** What a change of these contacts may concern: their records, and what is held at their numbers, before and after. */
export async function readPart(
  redis: Redis,
  keys: Keys,
  seal: BookSeal,
  { id, source }: Standing,
  upsert: Book,
  remove: readonly string[],
): Promise<Image> {
  const image: Image = { held: new Map(), uids: new Set() };
  for await (const { heads, numbers } of questions(seal, upsert, remove)) {
    const [records, held] = await FIND.run(
      toBytes(redis),
      { book: keys.book(id, source), held: keys.heldPart(id, source), uids: keys.uidsPart(id, source) },
      { heads: Buffer.concat(heads), numbers: Buffer.concat(numbers) },
    );
    for (const record of records) image.uids.add(latin1(record));
    for (const [number, value] of toHeld(held)) image.held.set(number, value);
  }
  return image;
}

/** Of either so many as Redis looks up in a moment: each looks through a bucket. */
async function* questions(
  seal: BookSeal,
  upsert: Book,
  remove: readonly string[],
): AsyncGenerator<{ heads: Buffer[]; numbers: Buffer[] }> {
  const [heads, numbers]: [Buffer[], Buffer[]] = [[], []];
  for (const [uid, numberKeys] of concerned(upsert, remove)) {
    heads.push(Buffer.from(seal.marksOf(uid).head, 'latin1'));
    numbers.push(...numberKeys.map(packNumberKey));
    await takeTurns();
    while (Math.max(heads.length, numbers.length) >= BATCH)
      yield { heads: heads.splice(0, BATCH), numbers: numbers.splice(0, BATCH) };
  }
  if (heads.length + numbers.length > 0) yield { heads, numbers };
}

/** The uids that a change names, each with the numbers that it is to have. */
function* concerned(upsert: Book, remove: readonly string[]): Generator<[uid: string, numberKeys: readonly string[]]> {
  for (const [uid, { numberKeys }] of upsert) yield [uid, numberKeys];
  for (const uid of remove) yield [uid, []];
}

/** The whole book. Begins again where somebody splits or joins it meanwhile. */
export async function readAll(redis: Redis, keys: Keys, { id, source, buckets }: Standing): Promise<Image> {
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
  async function read(bucket: number): Promise<void> {
    const places = { held: keys.held(id, bucket, source), uids: keys.uids(id, bucket, source) };
    const [held, records, count] = await READ_BUCKET.run(bytes, { book: keys.book(id, source), ...places }, {});
    await takeTurns();
    if (Number(count) !== buckets) present = Number(count);
    for (const [number, value] of toHeld(held)) image.held.set(number, value);
    for (let at = 0; at < records.length; at += RECORD_BYTES)
      image.uids.add(latin1(records.subarray(at, at + RECORD_BYTES)));
  }
  const all = allBuckets(buckets);
  for (let at = 0; at < all.length; at += BUCKETS_AT_ONCE)
    await Promise.all(all.slice(at, at + BUCKETS_AT_ONCE).map(read));
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

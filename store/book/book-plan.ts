import type { Book } from '../../domain/book/address-book.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { bucketsFor } from '../image/book-buckets.ts';
import { changedImage, type Image, imageOf } from '../image/book-image.ts';
import type { BookSeal } from '../image/book-seal.ts';
import type { Standing } from '../image/book-standing.ts';
import { readAll, readPart } from '../image/image-reading.ts';

/** Where a change names more contacts than one for so many numbers of the book, the whole book is read instead of single contacts. */
const GOOD_PART = 8;

/** What shall be written: images of the same part of the book, and what the whole book then is. `bytes`: of all its values. */
export type Plan = {
  before: Image;
  after: Image;
  contacts: number;
  numbers: number;
  bytes: number;
  buckets: number;
};

/** Another book in place of the whole one. */
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

/** Single contacts that come or go. Reads only what they concern, unless they are a good part of the book. */
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

import { fnv1a } from './fnv.ts';

/** Contacts of one bucket at most, on average: few enough for Redis's compact form, which ends at 512 fields. */
const FULL = 128;

/**
 * Into how many hashes a book is split, a power of two. A book is split anew only when it has grown beyond its buckets or
 * needs less than half of them, so that one that grows and shrinks by a few contacts is left alone.
 */
export function bucketsFor(contacts: number, present: number): number {
  const needed = 2 ** Math.max(0, Math.ceil(Math.log2(contacts / FULL)));
  return needed > present || needed * 2 < present ? needed : present;
}

/** The numbers of a book's buckets. */
export function allBuckets(buckets: number): number[] {
  return Array.from({ length: buckets }, (_, bucket) => bucket);
}

/** The items of each bucket that has some; `fieldOf` tells the field that an item is kept under. */
export function byBucket<T>(items: Iterable<T>, buckets: number, fieldOf: (item: T) => string): Map<number, T[]> {
  const parts = new Map<number, T[]>();
  for (const item of items) {
    const bucket = fnv1a(fieldOf(item)) % buckets;
    const part = parts.get(bucket);
    if (part) part.push(item);
    else parts.set(bucket, [item]);
  }
  return parts;
}

/** Lua: the bucket of a field is the field's hash modulo the number of buckets. */
export const BUCKET_OF = `
local function bucketOf(base, hash, buckets) return base .. string.format('%d', tonumber(hash) % buckets) end`;

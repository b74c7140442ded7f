import { MOST_NUMBERS } from '../../domain/book/address-book.ts';
import { defineLua } from '../base/script.ts';
import { NAMES_SOMEBODY } from './book-entry.ts';

/** Numbers of one bucket at most, on average: few enough for Redis's compact form, which ends at 512 fields. */
const FULL = 192;
/** A book of more buckets than these has room for the most numbers at once: to split it again would take Redis too long. */
const LARGE = 128;
const MOST = 2 ** Math.ceil(Math.log2(MOST_NUMBERS / FULL));

/**
 * Into how many hashes a book is split, a power of two. A book is split anew only when it has grown beyond its buckets or
 * needs less than half of them, so that one that grows and shrinks by a few contacts is left alone.
 */
export function bucketsFor(numbers: number, present: number): number {
  const fewest = 2 ** Math.max(0, Math.ceil(Math.log2(numbers / FULL)));
  const needed = fewest > LARGE ? MOST : fewest;
  return needed > present || needed * 2 < present ? needed : present;
}

/** The numbers of a book's buckets. */
export function allBuckets(buckets: number): number[] {
  return Array.from({ length: buckets }, (_, bucket) => bucket);
}

/** The items of each bucket that has some; `bytesOf` tells by which bytes an item is kept: a number key or a record. */
export function byBucket<T>(items: Iterable<T>, buckets: number, bytesOf: (item: T) => string): Map<number, T[]> {
  const parts = new Map<number, T[]>();
  for (const item of items) {
    const bytes = bytesOf(item);
    const bucket = (bytes.charCodeAt(0) * 256 + bytes.charCodeAt(1)) % buckets;
    const part = parts.get(bucket);
    if (part) part.push(item);
    else parts.set(bucket, [item]);
  }
  return parts;
}

/** Lua: the bucket of a number key or a record is its first two bytes modulo the number of buckets. */
export const BUCKET_OF = defineLua({
  lua: `
local function bucketOf(base, bytes, buckets)
  local high, low = string.byte(bytes, 1, 2)
  return base .. string.format('%d', (high * 256 + low) % buckets)
end`,
});

/**
 * Lua: opens the books of a subscriber (`keys.books`), the own one and then those of the sources by
 * name; and what the first of them that holds a number says about it. One that names nobody gives
 * way to one that does.
 */
export const BOOKS = defineLua({
  uses: [BUCKET_OF, NAMES_SOMEBODY],
  keys: ['ownBook', 'ownHeld', 'sources', 'sourceBook', 'sourceHeld'],
  lua: `
local function openBook(book, held)
  return { held = held, buckets = tonumber(redis.call('HGET', book, 'buckets') or '1') }
end
local function openBooks()
  local books, names = { openBook(ownBook, ownHeld) }, redis.call('SMEMBERS', sources)
  table.sort(names)
  for _, name in ipairs(names) do books[#books + 1] = openBook(sourceBook .. name, sourceHeld .. name .. ':') end
  return books
end
local function otherBooks(held)
  local others = {}
  for _, book in ipairs(openBooks()) do
    if book.held ~= held then others[#others + 1] = book end
  end
  return others
end
local function entryIn(books, number)
  local found = false
  for _, book in ipairs(books) do
    local entry = redis.call('HGET', bucketOf(book.held, number, book.buckets), number)
    if entry and namesSomebody(entry) then return entry end
    found = found or entry
  end
  return found
end`,
});

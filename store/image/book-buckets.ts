import { MANY_FIELDS } from '../base/many-fields.ts';
import { defineLua } from '../base/script.ts';
import { NAMES_SOMEBODY } from './book-entry.ts';

/** Numbers of one bucket at most, on average: few enough for Redis's compact form, which ends at 512 fields. */
const FULL = 192;

/**
 * Into how many hashes a book is split, a power of two once nobody is splitting or joining it. A book is split anew only when it
 * has grown beyond its buckets or needs less than half of them, so that one that grows and shrinks by a few contacts is left alone.
 */
export function bucketsFor(numbers: number, present: number): number {
  const needed = 2 ** Math.max(0, Math.ceil(Math.log2(numbers / FULL)));
  return needed > present || needed * 2 < present ? needed : present;
}

/** The numbers of a book's buckets. */
export function allBuckets(buckets: number): number[] {
  return Array.from({ length: buckets }, (_, bucket) => bucket);
}

/**
 * Lua: `parentOf(bucket)`: out of which bucket that one is split, and into which it is joined.
 * `bucketOf(base, bytes, buckets)`: the bucket of a number key or a record, by its first two bytes.
 * These modulo twice the largest power of two among the buckets; what is not there yet is still in
 * its parent (linear hashing, Litwin 1980). So a book can have any number of buckets, and one more
 * or less moves what is in two of them.
 */
export const BUCKET_OF = defineLua({
  lua: `
local function powerIn(number)
  local _, exponent = math.frexp(number)
  return 2 ^ (exponent - 1)
end
local function parentOf(bucket) return bucket - powerIn(bucket) end
local function bucketOf(base, bytes, buckets)
  local high, low = string.byte(bytes, 1, 2)
  local power = powerIn(buckets)
  local bucket = (high * 256 + low) % (2 * power)
  if bucket >= buckets then bucket = bucket - power end
  return base .. string.format('%d', bucket)
end`,
});

/**
 * Lua: opens the books of a subscriber (`keys.books`), the own one and then those of the sources by
 * name; and what the first of them that holds a number says about it, false where none does. One that
 * names nobody gives way to one that does. `entriesIn`: the same about many numbers, in their order.
 */
export const BOOKS = defineLua({
  uses: [BUCKET_OF, NAMES_SOMEBODY, MANY_FIELDS],
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
end
local function numbersByBucket(book, numbers)
  local parts = {}
  for i, number in ipairs(numbers) do
    local bucket = bucketOf(book.held, number, book.buckets)
    local part = parts[bucket] or { numbers = {}, places = {} }
    parts[bucket] = part
    part.numbers[#part.numbers + 1] = number
    part.places[#part.places + 1] = i
  end
  return parts
end
local function entriesIn(books, numbers)
  local found = {}
  for i = 1, #numbers do found[i] = false end
  for _, book in ipairs(books) do
    for bucket, part in pairs(numbersByBucket(book, numbers)) do
      for i, entry in ipairs(valuesOf(bucket, part.numbers)) do
        local place = part.places[i]
        if entry and not (found[place] and (namesSomebody(found[place]) or not namesSomebody(entry))) then
          found[place] = entry
        end
      end
    end
  end
  return found
end`,
});

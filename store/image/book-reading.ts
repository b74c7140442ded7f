import { RESP_TYPES } from 'redis';
import type { Redis } from '../../runtime/redis/redis.ts';
import { takeTurns } from '../../runtime/turns.ts';
import type { Keys } from '../base/keys.ts';
import { unpackNumberKey } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { type Label, labelsOf } from './book-entry.ts';
import type { BookSeal } from './book-seal.ts';
import { pairs } from './image-reading.ts';

/** A number in a book, and how the contacts that have it are named. */
export type BookEntry = { numberKey: string; labels: Label[] };

/** A bucket, and how many of them the book has at that moment. */
const READ = defineScript({
  keys: ['book', 'held'],
  reply: as<[buckets: Buffer, held: Buffer[]]>,
  lua: "return { redis.call('HGET', book, 'buckets') or '1', redis.call('HGETALL', held) }",
});

/**
 * A whole book, each number once: one that comes or goes meanwhile may be there or not. It is begun again where buckets are joined, as
 * what was in one yet to be read may then be in one that was. `source`: the source whose book it is.
 */
export async function* readBook(
  redis: Redis,
  keys: Keys,
  seal: BookSeal,
  id: string,
  source: string | undefined,
): AsyncGenerator<BookEntry> {
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const met = new Set<string>();
  for (let [bucket, buckets] = [0, 1]; bucket < buckets; ) {
    const places = { book: keys.book(id, source), held: keys.held(id, bucket, source) };
    const [present, fields] = await READ.run(binary, places, {});
    bucket = Number(present) < buckets ? 0 : bucket + 1;
    buckets = Number(present);
    for (const [number, value] of pairs(fields)) {
      await takeTurns();
      const numberKey = unpackNumberKey(number);
      if (met.has(numberKey)) continue;
      met.add(numberKey);
      yield { numberKey, labels: labelsOf(seal, number.toString('latin1'), value.toString('latin1')) };
    }
  }
}

import { RESP_TYPES } from 'redis';
import type { Redis } from '../runtime/redis.ts';
import { allBuckets } from './book-buckets.ts';
import { type Label, labelsOf } from './book-image.ts';
import { pairs } from './book-plan.ts';
import type { Keys } from './keys.ts';
import { unpackNumberKey } from './partitions.ts';

/** A number in a book, and how the contacts that have it are named. */
export type BookEntry = { numberKey: string; labels: Label[] };

// Its fields are bytes.
const READ = "return redis.call('HGETALL', KEYS[1])";

/** A whole book, bucket by bucket: what changes meanwhile may be in it or not. `source`: the source whose book it is. */
export async function* readBook(
  redis: Redis,
  keys: Keys,
  id: string,
  source: string | undefined,
): AsyncGenerator<BookEntry> {
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const buckets = Number((await redis.hGet(keys.book(id, source), 'buckets')) ?? 0);
  for (const bucket of allBuckets(buckets)) {
    const fields = (await binary.eval(READ, { keys: [keys.held(id, bucket, source)] })) as unknown as Buffer[];
    for (const [number, value] of pairs(fields)) yield { numberKey: unpackNumberKey(number), labels: labelsOf(value) };
  }
}

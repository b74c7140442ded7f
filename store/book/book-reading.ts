import { RESP_TYPES } from 'redis';
import type { Redis } from '../../runtime/redis.ts';
import { takeTurns } from '../../runtime/turns.ts';
import type { Keys } from '../base/keys.ts';
import { unpackNumberKey } from '../base/partitions.ts';
import { allBuckets } from './book-buckets.ts';
import { type Label, labelsOf } from './book-entry.ts';
import { pairs } from './book-plan.ts';
import type { BookSeal } from './book-seal.ts';

/** A number in a book, and how the contacts that have it are named. */
export type BookEntry = { numberKey: string; labels: Label[] };

// Its fields are bytes.
const READ = "return redis.call('HGETALL', KEYS[1])";

/** A whole book, bucket by bucket: what changes meanwhile may be in it or not. `source`: the source whose book it is. */
export async function* readBook(
  redis: Redis,
  keys: Keys,
  seal: BookSeal,
  id: string,
  source: string | undefined,
): AsyncGenerator<BookEntry> {
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const buckets = Number((await redis.hGet(keys.book(id, source), 'buckets')) ?? 0);
  for (const bucket of allBuckets(buckets)) {
    const fields = (await binary.eval(READ, { keys: [keys.held(id, bucket, source)] })) as unknown as Buffer[];
    for (const [number, value] of pairs(fields)) {
      await takeTurns();
      const labels = labelsOf(seal, number.toString('latin1'), value.toString('latin1'));
      yield { numberKey: unpackNumberKey(number), labels };
    }
  }
}

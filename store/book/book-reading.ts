import { RESP_TYPES } from 'redis';
import type { Redis } from '../../runtime/redis.ts';
import { takeTurns } from '../../runtime/turns.ts';
import type { Keys } from '../base/keys.ts';
import { unpackNumberKey } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { allBuckets } from './book-buckets.ts';
import { type Label, labelsOf } from './book-entry.ts';
import { pairs } from './book-plan.ts';
import type { BookSeal } from './book-seal.ts';

/** A number in a book, and how the contacts that have it are named. */
export type BookEntry = { numberKey: string; labels: Label[] };

/** A hash whose fields are bytes, which the library's own command would read as texts. */
const READ_BYTES = defineScript({
  keys: ['hash'],
  reply: as<Buffer[]>,
  lua: "return redis.call('HGETALL', hash)",
});

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
    const fields = await READ_BYTES.run(binary, { hash: keys.held(id, bucket, source) }, {});
    for (const [number, value] of pairs(fields)) {
      await takeTurns();
      const labels = labelsOf(seal, number.toString('latin1'), value.toString('latin1'));
      yield { numberKey: unpackNumberKey(number), labels };
    }
  }
}

import { type Entry, type ReadBook, type Reading, toBook } from '../../domain/book/book-reader.ts';
import { takeTurns } from '../../runtime/turns.ts';
import type { Holding } from '../body/body-room.ts';
import type { Context } from '../context.ts';

/** Bytes that a contact, or a number of it, takes beside its texts until the book is stored. */
const EACH = 512;

/** The book to keep of what a subscriber sent. @throws Fault PAYLOAD_TOO_LARGE, UNAVAILABLE where it has to make room for others */
export async function readBook(
  { numberKeyOf, config }: Pick<Context, 'numberKeyOf' | 'config'>,
  entries: AsyncIterable<Entry>,
  ownNumber: string,
  holding: Holding | undefined,
  more: Pick<Reading, 'takePhoto' | 'twins'> = {},
): Promise<ReadBook> {
  const numbers = { numberKeyOf, guessedNumbers: config.guessedNumbers };
  // Called before each contact and each of its numbers.
  const pause = () => {
    holding?.take(EACH);
    return takeTurns();
  };
  const read = await toBook(entries, ownNumber, numbers, { pause, ...more });
  holding?.finish();
  return read;
}

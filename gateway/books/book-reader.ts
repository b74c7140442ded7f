import { type Entry, type ReadBook, type Reading, toBook } from '../../domain/book/book-reader.ts';
import { takeTurns } from '../../runtime/turns.ts';
import type { Context } from '../context.ts';

/** The book to keep of what a subscriber sent. @throws Fault PAYLOAD_TOO_LARGE */
export async function readBook(
  { numberKeyOf, config }: Pick<Context, 'numberKeyOf' | 'config'>,
  entries: AsyncIterable<Entry>,
  ownNumber: string,
  more: Pick<Reading, 'takePhoto' | 'twins'> = {},
): Promise<ReadBook> {
  const numbers = { numberKeyOf, guessedNumbers: config.guessedNumbers };
  return toBook(entries, ownNumber, numbers, { pause: takeTurns, ...more });
}

import { setImmediate as breathe } from 'node:timers/promises';
import { Value } from 'typebox/value';
import type { RawContact } from '../domain/address-book.ts';
import { type Entry, type PhotoTaker, type ReadBook, toBook } from '../domain/book-reader.ts';
import type { Photo } from '../domain/photo.ts';
import type { Context } from './context.ts';
import { ContactBody } from './schemas/address-book.ts';

/** What vCards and CSV are read with, piece by piece. */
export type FileReader = { push(chunk: Uint8Array): FileResult[]; end(): FileResult[] };
type FileResult =
  | { index: number; contact: RawContact; photo?: Photo }
  | { index: number; line: number; reason: string };

/** The entries of a JSON book; one bad contact does not spoil the others. */
export function readJsonContacts(contacts: readonly unknown[]): Entry[] {
  return contacts.map((item, index) => {
    if (Value.Check(ContactBody, item)) return { index, contact: { ...item, groups: item.groups ?? [] } };
    return { index, reason: whyInvalid(item) };
  });
}

function whyInvalid(item: unknown): string {
  const [error] = Value.Errors(ContactBody, item);
  return `The contact is not valid: ${error?.instancePath ?? ''} ${error?.message ?? ''}.`.replace(/ +/g, ' ');
}

/** The entries of a file, as its bytes arrive. */
export async function* readFile(bytes: AsyncIterable<Uint8Array>, reader: FileReader): AsyncGenerator<Entry> {
  for await (const chunk of bytes) for (const result of reader.push(chunk)) yield toEntry(result);
  for (const result of reader.end()) yield toEntry(result);
}

function toEntry(result: FileResult): Entry {
  if ('contact' in result) return result;
  return { index: result.index, reason: `Line ${result.line}: ${result.reason}` };
}

/** The book to keep of what a subscriber sent. @throws Fault PAYLOAD_TOO_LARGE */
export async function readBook(
  { numberKeyOf, config }: Pick<Context, 'numberKeyOf' | 'config'>,
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  ownNumber: string,
  takePhoto?: PhotoTaker,
): Promise<ReadBook> {
  const numbers = { numberKeyOf, guessedNumbers: config.guessedNumbers };
  return toBook(entries, ownNumber, numbers, { pause: () => breathe(), ...(takePhoto && { takePhoto }) });
}

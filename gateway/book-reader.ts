import { setImmediate as breathe } from 'node:timers/promises';
import { Value } from 'typebox/value';
import {
  type Book,
  type Contact,
  cleanContact,
  LARGEST_BOOK,
  namelessUid,
  type RawContact,
  type Rejected,
} from '../domain/address-book.ts';
import { Fault } from '../domain/fault.ts';
import { countryOf, lookupForms, readPhoneNumbers } from '../domain/phone.ts';
import { createVcardReader, type VcardResult } from '../domain/vcard.ts';
import type { NumberKeyOf } from '../runtime/number-key.ts';
import { ContactBody } from './schemas.ts';

/** A contact as it came, or why it cannot be read; `index`: its place in what was sent. */
export type Entry = { index: number; contact: RawContact } | Rejected;

export type ReadBook = { book: Book; rejected: Rejected[] };

/** Contacts between two pauses, and bytes of vCards: a large book must not hold up everybody else's requests. */
const STRIDE = 250;
const CHUNK = 256 * 1024;

/** The entries of a JSON book; one bad contact does not spoil the others. */
export function readJsonContacts(contacts: readonly unknown[]): Entry[] {
  return contacts.map((item, index) => {
    if (Value.Check(ContactBody, item)) return { index, contact: { ...item, groups: item.groups ?? [] } };
    const [error] = Value.Errors(ContactBody, item);
    return {
      index,
      reason: `The contact is not valid: ${error?.instancePath ?? ''} ${error?.message ?? ''}.`.replace(/ +/g, ' '),
    };
  });
}

/** The entries of a file of vCards. */
export async function readVcardContacts(bytes: Uint8Array): Promise<Entry[]> {
  const reader = createVcardReader();
  const results: VcardResult[] = [];
  for (let from = 0; from < bytes.length; from += CHUNK) {
    results.push(...reader.push(bytes.subarray(from, from + CHUNK)));
    await breathe();
  }
  results.push(...reader.end());
  return results.map((result) =>
    'contact' in result ? result : { index: result.index, reason: `Line ${result.line}: ${result.reason}` },
  );
}

/**
 * The book to keep: texts cleaned, numbers read as the owner's country dials them and hashed. What is refused is listed.
 * @throws Fault PAYLOAD_TOO_LARGE for more than 20,000 contacts.
 */
export async function toBook(
  entries: readonly Entry[],
  ownNumber: string,
  numberKeyOf: NumberKeyOf,
): Promise<ReadBook> {
  if (entries.length > LARGEST_BOOK)
    throw new Fault(
      'PAYLOAD_TOO_LARGE',
      `An address book holds at most ${LARGEST_BOOK} contacts; send the ones that matter.`,
    );
  const country = countryOf(ownNumber);
  const book = new Map<string, Contact>();
  const rejected: Rejected[] = [];
  for (const [i, entry] of entries.entries()) {
    if (i % STRIDE === STRIDE - 1) await breathe();
    if ('reason' in entry) {
      rejected.push(entry);
      continue;
    }
    const reason = addContact(book, entry.contact, (field) =>
      readPhoneNumbers(field, country)
        .flatMap(({ e164 }) => lookupForms(e164))
        .map(numberKeyOf),
    );
    if (reason !== undefined) rejected.push({ index: entry.index, reason });
  }
  return { book, rejected };
}

/** Adds one contact; the answer is why it, or a part of it, was refused. */
function addContact(
  book: Map<string, Contact>,
  raw: RawContact,
  keysOf: (field: string) => string[],
): string | undefined {
  const clean = cleanContact(raw);
  if (typeof clean === 'string') return clean;
  if (raw.phoneNumbers.length === 0) return 'The contact has no phone number.';
  const read = raw.phoneNumbers.map(keysOf);
  const numberKeys = [...new Set(read.flat())];
  if (numberKeys.length === 0) return 'None of its phone numbers can be read; write them with the country code.';
  const contact = { name: clean.name, groups: clean.groups, numberKeys };
  const uid = clean.uid ?? uidOf(contact);
  if (book.has(uid) && clean.uid !== undefined)
    return 'Its uid stands in this book already; every contact needs its own.';
  book.set(uid, contact);
  const unread = read.filter((keys) => keys.length === 0).length;
  return unread === 0 ? undefined : `Kept, but ${unread} of its ${read.length} phone numbers cannot be read.`;
}

/** A contact without a uid is known by what it says, so sending the same book again changes nothing. */
function uidOf({ name, numberKeys }: Contact): string {
  return namelessUid(JSON.stringify([name, numberKeys]));
}

import { Fault } from '../fault.ts';
import { countryOf, lookupForms, readPhoneNumbers } from '../phone.ts';
import { MAX_PHOTO_BYTES, MOST_PHOTO_BYTES, type Photo } from '../photo.ts';
import { memberId } from '../vcard/card.ts';
import {
  type Book,
  type Contact,
  cleanContact,
  joinGroup,
  LARGEST_BOOK,
  MOST_NUMBERS,
  namelessUid,
  type RawContact,
  type Rejected,
} from './address-book.ts';
import { createGroupGathering, type GroupCard } from './book-groups.ts';

/** A contact as it came; `remark`: what was wrong with it; `memberId`: what groups know it by, unless that is its uid. */
export type ContactEntry = { index: number; contact: RawContact; photo?: Photo; remark?: string; memberId?: string };

/** A contact, a group of them, or why it cannot be read; `index`: its place in what was sent. */
export type Entry = ContactEntry | { index: number; group: GroupCard } | Rejected;

/** `hasGroups`: groups came as cards of their own. */
export type ReadBook = { book: Book; rejected: Rejected[]; hasGroups: boolean };

/** What becomes of numbers that do not follow the dialling rules of the book's owner. */
export type GuessedNumbers = 'use' | 'ignore';

/** How numbers are read: with those that had to be guessed or without, and kept as keyed hashes. */
export type NumberReading = { numberKeyOf: (e164: string) => string; guessedNumbers: GuessedNumbers };

/** Takes the photos of contacts that are kept, one by one; false when there is no room for this one. */
export type PhotoTaker = (numberKeys: readonly string[], image: Buffer) => Promise<boolean>;

/** What else the reading of a book does. `pause`: lets others go on; called before each contact and each of its fields, so that a large book holds nobody up. */
export type Reading = { pause: () => Promise<void>; takePhoto?: PhotoTaker; twins?: Twins };

/** What becomes of a contact whose uid another one has already: it is kept as one without a uid, or refused. */
export type Twins = 'keep' | 'refuse';

const TWIN = 'Its uid stands in this book already; every contact needs its own.';
const PHOTO_TOO_LARGE = `Kept, but its photo is larger than ${MAX_PHOTO_BYTES} bytes.`;
const TOO_MANY_PHOTOS = `Kept, but not its photo: those of a book have ${MOST_PHOTO_BYTES / 1024 / 1024} MB together.`;

/**
 * The book to keep: texts cleaned, numbers read as the owner's country dials them and hashed. What is refused is listed.
 * @throws Fault PAYLOAD_TOO_LARGE for more than 20,000 contacts or 100,000 numbers, without reading on.
 */
export async function toBook(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  ownNumber: string,
  numbers: NumberReading,
  { pause, takePhoto, twins = 'keep' }: Reading,
): Promise<ReadBook> {
  const keysOf = createKeysOf(ownNumber, numbers, pause);
  const book = new Map<string, Contact>();
  const groups = createGroupGathering();
  const rejected: Rejected[] = [];
  let count = 0;
  function note(index: number, reason: string | undefined): void {
    if (reason !== undefined) rejected.push({ index, reason });
  }
  for await (const entry of entries) {
    count += 1;
    if (count > LARGEST_BOOK) throw tooMany(LARGEST_BOOK, 'contacts');
    await pause();
    if ('reason' in entry) note(entry.index, entry.reason);
    else if ('group' in entry) note(entry.index, groups.addGroup(entry.group));
    else {
      const { kept, reason } = await addContact(book, entry.contact, keysOf, twins);
      note(entry.index, reason);
      if (!kept) continue;
      note(entry.index, entry.remark);
      const id = memberId(entry.memberId ?? entry.contact.uid ?? '');
      if (id !== '') groups.addMember(id, kept);
      if (entry.photo === 'too-large') note(entry.index, PHOTO_TOO_LARGE);
      else if (entry.photo && takePhoto && !(await takePhoto(kept.numberKeys, entry.photo)))
        note(entry.index, TOO_MANY_PHOTOS);
    }
  }
  await groups.apply(pause);
  return { book, rejected, hasGroups: groups.hasGroups() };
}

type KeysOf = (field: string) => Promise<string[]>;

/**
 * Reads the numbers of one field after the other, and lets others have the processor in between.
 * A field without a number counts as one. @throws Fault PAYLOAD_TOO_LARGE for more than a book may have
 */
function createKeysOf(
  ownNumber: string,
  { numberKeyOf, guessedNumbers }: NumberReading,
  pause: () => Promise<void>,
): KeysOf {
  const country = countryOf(ownNumber);
  let count = 0;
  return async (field) => {
    await pause();
    const keys = readPhoneNumbers(field, country)
      .filter(({ guessed }) => !guessed || guessedNumbers === 'use')
      .flatMap(({ e164 }) => lookupForms(e164))
      .map(numberKeyOf);
    count += Math.max(1, keys.length);
    if (count > MOST_NUMBERS) throw tooMany(MOST_NUMBERS, 'numbers');
    return keys;
  };
}

function tooMany(most: number, what: string): Fault {
  return new Fault('PAYLOAD_TOO_LARGE', `An address book holds at most ${most} ${what}; send the ones that matter.`);
}

type Added = { kept?: Contact; reason?: string };

/** Adds one contact; `reason`: why it, or a part of it, was refused. */
async function addContact(book: Map<string, Contact>, raw: RawContact, keysOf: KeysOf, twins: Twins): Promise<Added> {
  const clean = cleanContact(raw);
  if (typeof clean === 'string') return { reason: clean };
  if (raw.phoneNumbers.length === 0) return { reason: 'The contact has no phone number.' };
  const read: string[][] = [];
  for (const field of raw.phoneNumbers) read.push(await keysOf(field));
  const numberKeys = [...new Set(read.flat())];
  if (numberKeys.length === 0)
    return { reason: 'None of its phone numbers can be read; write them with the country code.' };
  const contact = { name: clean.name, groups: clean.groups, numberKeys };
  const twin = clean.uid === undefined ? undefined : book.get(clean.uid);
  if (twin !== undefined && twins === 'refuse') return { reason: TWIN };
  if (twin !== undefined && uidOf(twin) === uidOf(contact)) {
    for (const group of contact.groups) joinGroup(twin, group);
    return { kept: twin };
  }
  const uid = twin === undefined ? clean.uid : undefined;
  book.set(uid ?? uidOf(contact), contact);
  const unread = read.filter((keys) => keys.length === 0).length;
  const reasons = [
    ...(twin === undefined ? [] : [`Kept, but without its uid: ${TWIN}`]),
    ...(unread === 0 ? [] : [`Kept, but ${unread} of its ${read.length} phone numbers cannot be read.`]),
  ];
  return { kept: contact, ...(reasons.length > 0 && { reason: reasons.join(' ') }) };
}

/** A contact without a uid is known by what it says, so sending the same book again changes nothing. */
function uidOf({ name, numberKeys }: Contact): string {
  return namelessUid(JSON.stringify([name, numberKeys]));
}

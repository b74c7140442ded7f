import { type Book, isNameless } from '../../domain/book/address-book.ts';
import { Fault } from '../../domain/fault.ts';
import { inBatches } from '../../runtime/batches.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { packNumberKey } from '../base/partitions.ts';
import { entriesOf, joinEntries, splitEntries, tagOf, toLabel } from './book-entry.ts';
import { type BookSeal, HEAD_BYTES } from './book-seal.ts';

/**
 * A book, or the part of one that a change concerns, as it is kept (decisions 29 and 94), in strings of bytes. `held`: the nine bytes of a
 * number key → the contacts that hold it, which is all that matching needs; `uids`: records of six bytes, four of a uid's hash and the
 * first two of a number key, by which a single contact is found. A contact without a uid is known by what it says.
 */
export type Image = { held: Map<string, string>; uids: Set<string> };

/** What an image becomes. `put`, `gone`: how many contacts came in, and went out. */
export type Changed = { after: Image; put: number; gone: number };

/** Bytes of a record in `uids`. */
export const RECORD_BYTES = 6;
const PREFIX_BYTES = RECORD_BYTES - HEAD_BYTES;
/** Contacts of a book that have one number; those beyond lose it. */
const MOST_SHARING = 64;
/** Bytes of all values of a book: labels stand at each of their numbers. */
export const LARGEST_IMAGE = 16 * 1024 * 1024;

/** A piece has as many numbers as it takes to reach this many bytes of labels. */
const PIECE_BYTES = 32 * 1024;

/** The image of a whole book. @throws Fault PAYLOAD_TOO_LARGE */
export async function imageOf(seal: BookSeal, book: Book): Promise<Changed> {
  return changedImage(seal, { held: new Map(), uids: new Set() }, book, []);
}

/**
 * `before` with some contacts removed and others put in; the contacts to remove and to replace are known by their uids.
 * @throws Fault PAYLOAD_TOO_LARGE
 */
export async function changedImage(
  seal: BookSeal,
  before: Image,
  upsert: Book,
  remove: readonly string[],
): Promise<Changed> {
  const draft = await createDraft(seal, before);
  let [put, gone] = [0, 0];
  await eachInTurns(new Set([...remove, ...upsert.keys()]), (uid) => {
    if (!isNameless(uid) && draft.takeOut(uid)) gone += 1;
  });
  let last: string | undefined;
  await eachInTurns(piecesOf(upsert), (piece) => {
    if (!draft.putIn(piece) || piece.uid === last) return;
    last = piece.uid;
    put += 1;
  });
  return { after: await draft.image(), put, gone };
}

/** So many numbers of a contact as are sealed in a moment, with its label. */
type Piece = { uid: string; label: Buffer; numberKeys: readonly string[] };

/** One contact may have a thousand numbers, and a label that takes long to seal at each. */
function* piecesOf(book: Book): Generator<Piece> {
  for (const [uid, contact] of book) {
    const label = toLabel(contact);
    const most = Math.ceil(PIECE_BYTES / (label.length + 1));
    for (const numberKeys of inBatches(contact.numberKeys, most)) yield { uid, label, numberKeys };
  }
}

/** What a draft holds at a number: the value, as it is kept, until another contact comes there or one goes. */
type Value = string | Set<string>;

async function createDraft(seal: BookSeal, before: Image) {
  const values = new Map<string, Value>();
  const uids = new Set<string>();
  const [records, numbers] = [new Map<string, string[]>(), new Map<string, string[]>()];
  let added = 0;
  await eachInTurns(before.held, ([number, value]) => {
    values.set(number, value);
    group(numbers, number.slice(0, PREFIX_BYTES), number);
  });
  await eachInTurns(before.uids, (record) => {
    uids.add(record);
    group(records, record.slice(0, HEAD_BYTES), record);
  });

  /** The contacts at a number, to be changed. */
  function openAt(number: string): Set<string> {
    const value = values.get(number) ?? '';
    if (typeof value !== 'string') return value;
    const entries = new Set(splitEntries(value));
    values.set(number, entries);
    return entries;
  }

  /** False where too many have the number already. */
  function add(number: string, entry: string): boolean {
    if (!values.has(number)) values.set(number, entry);
    else if (openAt(number).size >= MOST_SHARING) return false;
    else openAt(number).add(entry);
    return true;
  }

  return {
    /** Whether there was such a contact. */
    takeOut(uid: string): boolean {
      if (records.size === 0) return false;
      const { head, tag } = seal.marksOf(uid);
      let found = false;
      for (const record of records.get(head) ?? [])
        for (const number of numbers.get(record.slice(HEAD_BYTES)) ?? [])
          for (const entry of openAt(number)) {
            if (tagOf(entry) !== tag) continue;
            found = true;
            openAt(number).delete(entry);
            uids.delete(record);
          }
      return found;
    },

    /** Whether one of these numbers of it can be kept. */
    putIn({ uid, label, numberKeys }: Piece): boolean {
      const marks = isNameless(uid) ? undefined : seal.marksOf(uid);
      const packed = numberKeys.map((numberKey) => packNumberKey(numberKey).toString('latin1'));
      const entries = entriesOf(seal, label, marks?.tag ?? '', packed);
      let kept = false;
      for (const [i, number] of packed.entries()) {
        const entry = entries[i] as string;
        if (!add(number, entry)) continue;
        added += entry.length;
        if (added > LARGEST_IMAGE) throw tooLarge();
        if (marks) uids.add(marks.head + number.slice(0, PREFIX_BYTES));
        kept = true;
      }
      return kept;
    },

    async image(): Promise<Image> {
      const held = new Map<string, string>();
      await eachInTurns(values, ([number, value]) => {
        const joined = typeof value === 'string' ? value : joinEntries(value);
        if (joined !== '') held.set(number, joined);
      });
      return { held, uids };
    },
  };
}

/** @throws Fault PAYLOAD_TOO_LARGE */
export function requireImageSize(bytes: number): void {
  if (bytes > LARGEST_IMAGE) throw tooLarge();
}

function tooLarge(): Fault {
  const advice = `The names and groups in an address book, counted once for each number, have at most ${LARGEST_IMAGE} bytes; shorten them.`;
  return new Fault('PAYLOAD_TOO_LARGE', advice);
}

/** What turns one side of an image into another. */
export type Difference = { set: [string, string][]; unset: string[] };

/** What has to be written so that `before` becomes `after`; a long one lets the event loop go in between. */
export async function differenceOf(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Promise<Difference> {
  const difference: Difference = { set: [], unset: [] };
  await eachInTurns(after, ([field, value]) => {
    if (before.get(field) !== value) difference.set.push([field, value]);
  });
  await eachInTurns(before.keys(), (field) => {
    if (!after.has(field)) difference.unset.push(field);
  });
  return difference;
}

function group(groups: Map<string, string[]>, start: string, text: string): void {
  const one = groups.get(start);
  if (one) one.push(text);
  else groups.set(start, [text]);
}

import { createHash } from 'node:crypto';
import { type Book, type Contact, isNameless } from '../domain/address-book.ts';
import { packNumberKey } from './partitions.ts';

/**
 * A book, or the part of one that a change concerns, as it is kept (decision 29), in strings of bytes. `held`: the nine bytes of a
 * number key → the contacts that hold it, which is all that matching needs; `uids`: records of six bytes, four of a uid's hash and the
 * first two of a number key, by which a single contact is found. A contact without a uid is known by what it says.
 */
export type Image = { held: Map<string, string>; uids: Set<string> };

/** How the book names who has a number. */
export type Label = { name: string; groups: string[] };

// Texts in a book have no control characters: they were cleaned at the door.
const BETWEEN_CONTACTS = '\u0001';
const BETWEEN_TEXTS = '\u0000';
export const HEAD_BYTES = 4;
export const RECORD_BYTES = 6;
const TAG_BYTES = 4;

/** 60 bits of a uid's hash, as text. */
export function uidKey(uid: string): string {
  return createHash('sha256').update(uid).digest('base64url').slice(0, 10);
}

/** What the records of a uid begin with. */
export function headOf(uid: string): string {
  return marksOf(uid).head;
}

/**
 * `head`: 32 bits of a uid's hash; `tag`: 27 others, in front of the contact's texts where its number is. A tag begins with a byte
 * with which no text begins in UTF-8, so that contacts without a uid need no mark.
 */
function marksOf(uid: string): { head: string; tag: string } {
  const hash = createHash('sha256').update(uid).digest();
  for (let i = 0; i < TAG_BYTES; i += 1)
    hash[HEAD_BYTES + i] = 0x80 | ((hash[HEAD_BYTES + i] ?? 0) & (i ? 0x7f : 0x3f));
  return {
    head: hash.toString('latin1', 0, HEAD_BYTES),
    tag: hash.toString('latin1', HEAD_BYTES, HEAD_BYTES + TAG_BYTES),
  };
}

export function imageOf(book: Book): Image {
  return changedImage({ held: new Map(), uids: new Set() }, book, []).after;
}

/**
 * `before` with some contacts removed and others put in; the contacts to remove and to replace are known by their uids.
 * `gone`: how many of these there were.
 */
export function changedImage(before: Image, upsert: Book, remove: readonly string[]): { after: Image; gone: number } {
  const contacts = new Map([...before.held].map(([number, value]) => [number, new Set(value.split(BETWEEN_CONTACTS))]));
  const uids = new Set(before.uids);
  const [byHead, byPrefix] = [grouped(uids, HEAD_BYTES), grouped(contacts.keys(), RECORD_BYTES - HEAD_BYTES)];
  function takeOut(uid: string): boolean {
    const { head, tag } = marksOf(uid);
    let found = false;
    for (const record of byHead.get(head) ?? [])
      for (const number of byPrefix.get(record.slice(HEAD_BYTES)) ?? [])
        for (const contact of contacts.get(number) ?? []) {
          if (!contact.startsWith(tag)) continue;
          found = true;
          contacts.get(number)?.delete(contact);
          uids.delete(record);
        }
    return found;
  }
  const gone = [...new Set([...remove, ...upsert.keys()])].filter((uid) => !isNameless(uid) && takeOut(uid)).length;
  for (const [uid, contact] of upsert) putIn(contacts, uids, uid, contact);
  const held = new Map<string, string>();
  for (const [number, entries] of contacts)
    if (entries.size > 0) held.set(number, [...entries].sort().join(BETWEEN_CONTACTS));
  return { after: { held, uids }, gone };
}

function putIn(contacts: Map<string, Set<string>>, uids: Set<string>, uid: string, contact: Contact): void {
  const marks = isNameless(uid) ? undefined : marksOf(uid);
  const entry =
    (marks?.tag ?? '') + Buffer.from([contact.name, ...contact.groups].join(BETWEEN_TEXTS)).toString('latin1');
  for (const numberKey of contact.numberKeys) {
    const number = packNumberKey(numberKey).toString('latin1');
    contacts.set(number, (contacts.get(number) ?? new Set()).add(entry));
    if (marks) uids.add(marks.head + number.slice(0, RECORD_BYTES - HEAD_BYTES));
  }
}

/** How a value of `held` names the number; of several contacts always the same one is taken. */
export function labelOf(value: Buffer | null): Label | undefined {
  if (value === null) return undefined;
  const end = value.indexOf(BETWEEN_CONTACTS);
  return toLabel(end < 0 ? value : value.subarray(0, end));
}

/** Every contact that has the number. */
export function labelsOf(value: Buffer): Label[] {
  const end = value.indexOf(BETWEEN_CONTACTS);
  return end < 0 ? [toLabel(value)] : [toLabel(value.subarray(0, end)), ...labelsOf(value.subarray(end + 1))];
}

function toLabel(contact: Buffer): Label {
  const isTagged = ((contact[0] ?? 0) & 0xc0) === 0x80;
  const [name = '', ...groups] = contact.toString('utf8', isTagged ? TAG_BYTES : 0).split(BETWEEN_TEXTS);
  return { name, groups };
}

/** What turns one side of an image into another. */
export type Difference = { set: [string, string][]; unset: string[] };

export function differenceOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Difference {
  return {
    set: [...after].filter(([field, value]) => before.get(field) !== value),
    unset: [...before.keys()].filter((field) => !after.has(field)),
  };
}

function grouped(texts: Iterable<string>, length: number): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const text of texts) {
    const start = text.slice(0, length);
    const group = groups.get(start);
    if (group) group.push(text);
    else groups.set(start, [text]);
  }
  return groups;
}

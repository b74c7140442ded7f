import { createHash } from 'node:crypto';
import { type Book, type Contact, isNameless } from '../domain/address-book.ts';

/**
 * A book, or the part of one that a change concerns, as it is kept. `held`: number key → the contacts that hold it, which
 * is all that matching needs; `uids`: short hash of a contact's uid → its number keys, by which a single contact is found.
 * A contact without a uid is known by what it says, so it costs its number and its label and nothing more.
 */
export type Image = { held: Map<string, string>; uids: Map<string, string> };

/** How the book names who has a number. */
export type Label = { name: string; groups: string[] };

// Texts in a book have no control characters: they were cleaned at the door.
const BETWEEN_CONTACTS = '\u0001';
const BETWEEN_TEXTS = '\u0000';
const BETWEEN_NUMBERS = ' ';
/** Stands in front of a contact without a uid; the others have the first characters of their uid's hash there. */
const NO_TAG = '=';
const TAG_LENGTH = 5;

/** 60 bits: two uids of the largest book share a hash with a probability of 2·10⁻¹⁰. */
export function uidKey(uid: string): string {
  return createHash('sha256').update(uid).digest('base64url').slice(0, 10);
}

export function imageOf(book: Book): Image {
  return changedImage({ held: new Map(), uids: new Map() }, book, []);
}

/** `before` with some contacts removed and others put in; the contacts to remove and to replace are known by their uids. */
export function changedImage(before: Image, upsert: Book, remove: readonly string[]): Image {
  const contacts = new Map(
    [...before.held].map(([number, value]) => [number, new Set(split(value, BETWEEN_CONTACTS))]),
  );
  const uids = new Map(before.uids);
  for (const uid of [...remove, ...upsert.keys()]) {
    const key = uidKey(uid);
    for (const number of numbersOf(uids.get(key)))
      for (const contact of contacts.get(number) ?? [])
        if (contact.startsWith(tagOf(key))) contacts.get(number)?.delete(contact);
    uids.delete(key);
  }
  for (const [uid, contact] of upsert) {
    const key = isNameless(uid) ? undefined : uidKey(uid);
    if (key !== undefined) uids.set(key, contact.numberKeys.join(BETWEEN_NUMBERS));
    for (const number of contact.numberKeys) {
      const others = contacts.get(number) ?? new Set();
      contacts.set(number, others.add(toEntry(key, contact)));
    }
  }
  const held = new Map<string, string>();
  for (const [number, entries] of contacts)
    if (entries.size > 0) held.set(number, [...entries].sort().join(BETWEEN_CONTACTS));
  return { held, uids };
}

/** The number keys in a value of `uids`. */
export function numbersOf(value: string | undefined): string[] {
  return split(value ?? '', BETWEEN_NUMBERS);
}

/** How a value of `held` names the number; of several contacts always the same one is taken. */
export function labelOf(value: string | null): Label | undefined {
  if (value === null) return undefined;
  const [first = ''] = split(value, BETWEEN_CONTACTS);
  const [name = '', ...groups] = first
    .slice(first.startsWith(NO_TAG) ? NO_TAG.length : TAG_LENGTH)
    .split(BETWEEN_TEXTS);
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

function toEntry(key: string | undefined, { name, groups }: Contact): string {
  return (key === undefined ? NO_TAG : tagOf(key)) + [name, ...groups].join(BETWEEN_TEXTS);
}

function tagOf(key: string): string {
  return key.slice(0, TAG_LENGTH);
}

function split(text: string, separator: string): string[] {
  return text === '' ? [] : text.split(separator);
}

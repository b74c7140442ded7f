import { cleanText, lengthOf } from './text.ts';

/** One contact as a client sent it, numbers still as the phone wrote them. */
export type RawContact = { uid?: string; name: string; phoneNumbers: string[]; groups: string[] };

/** A contact that was refused: its place in what was sent, from 0, and why. */
export type Rejected = { index: number; reason: string };

/** A contact as it is kept: its numbers only as keyed hashes. */
export type Contact = { name: string; groups: string[]; numberKeys: string[] };

export const LARGEST_BOOK = 20_000;
/** Bytes of one upload. */
export const LARGEST_UPLOAD = 32 * 1024 * 1024;
const LONGEST_NAME = 1024;
const LONGEST_UID = 256;
const MOST_GROUPS = 32;

/** A contact's texts, cleaned; a string is the reason why it is refused. */
export function cleanContact(raw: RawContact): { uid?: string; name: string; groups: string[] } | string {
  const name = cleanText(raw.name);
  if (name === '') return 'The name is empty.';
  if (lengthOf(name) > LONGEST_NAME) return `The name is longer than ${LONGEST_NAME} characters.`;
  const groups = [...new Set(raw.groups.map(cleanText))].filter(
    (group) => group !== '' && lengthOf(group) <= LONGEST_NAME,
  );
  if (groups.length > MOST_GROUPS) return `The contact is in more than ${MOST_GROUPS} groups.`;
  if (raw.uid === undefined) return { name, groups };
  const uid = cleanText(raw.uid);
  if (uid === '' || lengthOf(uid) > LONGEST_UID) return `The uid must have 1 to ${LONGEST_UID} characters.`;
  return { uid, name, groups };
}

/** Contacts by uid. */
export type Book = ReadonlyMap<string, Contact>;

/** What has to be written and looked at again when one book replaces another. */
export type BookChange = {
  upsert: Map<string, Contact>;
  remove: string[];
  /** Every number whose holder, name or groups may differ. */
  touched: Set<string>;
};

/** The difference between two books; empty when the same book is sent again. */
export function compareBooks(before: Book, after: Book): BookChange {
  const change: BookChange = { upsert: new Map(), remove: [], touched: new Set() };
  for (const [uid, contact] of after) {
    const old = before.get(uid);
    if (old && sameContact(old, contact)) continue;
    change.upsert.set(uid, contact);
    for (const key of [...contact.numberKeys, ...(old?.numberKeys ?? [])]) change.touched.add(key);
  }
  for (const [uid, contact] of before) {
    if (after.has(uid)) continue;
    change.remove.push(uid);
    for (const key of contact.numberKeys) change.touched.add(key);
  }
  return change;
}

function sameContact(a: Contact, b: Contact): boolean {
  return JSON.stringify([a.name, a.groups, a.numberKeys]) === JSON.stringify([b.name, b.groups, b.numberKeys]);
}

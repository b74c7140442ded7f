import { cleanText, lengthOf } from './text.ts';

/** One contact as a client sent it, numbers still as the phone wrote them. */
export type RawContact = { uid?: string; name: string; phoneNumbers: string[]; groups: string[] };

/** A contact that was refused: its place in what was sent, from 0, and why. */
export type Rejected = { index: number; reason: string };

/** A contact as it is kept: its numbers only as keyed hashes. */
export type Contact = { name: string; groups: string[]; numberKeys: string[] };

export const LARGEST_BOOK = 20_000;
/** Numbers of all contacts of a book together. */
export const MOST_NUMBERS = 100_000;
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

/** In front of the uid that Earshot makes for a contact without one. No client can send it: texts are cleaned of it. */
const MADE = '\u0000';

/** The uid of a contact that came without one; `content` is what the contact is known by. */
export function namelessUid(content: string): string {
  return MADE + content;
}

export function isNameless(uid: string): boolean {
  return uid.startsWith(MADE);
}

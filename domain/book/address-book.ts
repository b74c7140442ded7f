import { cleanText, lengthOf } from '../text.ts';

/** One contact as a client sent it, numbers still as the phone wrote them. Without a name it is its numbers. */
export type RawContact = { uid?: string; name?: string; phoneNumbers: string[]; groups: string[] };

/** A contact that was refused: its place in what was sent, from 0, and why. */
export type Rejected = { index: number; reason: string };

/** A contact as it is kept: its numbers only as keyed hashes. `name`: empty for none. */
export type Contact = { name: string; groups: string[]; numberKeys: string[] };

/** Contacts of a book. */
export const LARGEST_BOOK = 20_000;
/** Numbers of all contacts of a book together. */
export const MOST_NUMBERS = 100_000;
/** Bytes of one upload. */
export const LARGEST_UPLOAD = 32 * 1024 * 1024;
const LONGEST_NAME = 1024;
const LONGEST_UID = 256;
const MOST_GROUPS = 32;
/** Characters of a contact's name and groups together: they are kept at each of its numbers. */
const LONGEST_LABEL = 4096;
/** Characters that a text may lose when it is cleaned, for each that is left. */
const ROOM_TO_CLEAN = 8;

/** A contact's texts, cleaned; a string is the reason why it is refused. */
export function cleanContact(raw: RawContact): { uid?: string; name: string; groups: string[] } | string {
  const name = cleanName(raw);
  if (name === undefined) return `The name is longer than ${LONGEST_NAME} characters.`;
  const groups = cleanGroups(raw.groups);
  if (groups.length > MOST_GROUPS) return `The contact is in more than ${MOST_GROUPS} groups.`;
  if (labelLength(name, groups) > LONGEST_LABEL)
    return `The name and the groups together are longer than ${LONGEST_LABEL} characters.`;
  if (raw.uid === undefined) return { name, groups };
  const uid = cleanedTo(LONGEST_UID, raw.uid);
  if (!uid) return `The uid must have 1 to ${LONGEST_UID} characters.`;
  return { uid, name, groups };
}

/** A name that is one of the numbers is none: numbers are kept as hashes only. */
function cleanName({ name = '', phoneNumbers }: RawContact): string | undefined {
  const digits = dialled(name);
  const isNumber = digits !== '' && phoneNumbers.some((number) => dialled(number) === digits);
  return isNumber ? '' : cleanedTo(LONGEST_NAME, name);
}

/** What is dialled of a text in which nothing else stands; empty for any other. */
function dialled(text: string): string {
  return text.length > LONGEST_UID || /[^\d\s+()./\u2010-\u2015\u00a0-]/.test(text) ? '' : text.replace(/[^\d+]/g, '');
}

/** The text cleaned; undefined for one that is longer. */
function cleanedTo(longest: number, text: string): string | undefined {
  if (text.length > ROOM_TO_CLEAN * longest) return undefined;
  const clean = cleanText(text);
  return lengthOf(clean) > longest ? undefined : clean;
}

/** Names of groups, cleaned, without those that say nothing or too much. */
export function cleanGroups(groups: readonly string[]): string[] {
  return [...new Set(groups.flatMap((group) => cleanedTo(LONGEST_NAME, group) || []))];
}

/** Puts a contact into a group, as long as it has room for one more. */
export function joinGroup({ name, groups }: Contact, group: string): void {
  const hasRoom = groups.length < MOST_GROUPS && labelLength(name, groups) + lengthOf(group) <= LONGEST_LABEL;
  if (hasRoom && !groups.includes(group)) groups.push(group);
}

function labelLength(name: string, groups: readonly string[]): number {
  return groups.reduce((sum, group) => sum + lengthOf(group), lengthOf(name));
}

/** Contacts by uid. */
export type Book = ReadonlyMap<string, Contact>;

/** In front of the uid that Earshot makes for a contact without one. No client can send it: texts are cleaned of it. */
const MADE = '\u0000';

/** The uid of a contact that came without one; `content` is what the contact is known by. */
export function namelessUid(content: string): string {
  return MADE + content;
}

/** Whether it was made up for a contact that came without a uid. */
export function isNameless(uid: string): boolean {
  return uid.startsWith(MADE);
}

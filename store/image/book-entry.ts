import { defineLua } from '../base/script.ts';
import { type BookSeal, SEAL_BYTES, TAG_BYTES } from './book-seal.ts';

// The value at a number of a book: one entry after the other, for each contact that has the number;
// those whose label is not empty come first. An entry begins with a varint (LEB128) of up to three
// bytes: twice the length of the label in bytes, plus 1 where the contact has a uid. Then come the
// uid's tag, where there is a uid, and where the label is not empty its seal and its sealed bytes.
// Strings are of bytes.

/** How a book names who has a number. */
export type Label = { name: string; groups: string[] };

// Texts in a book have no control characters: they were cleaned at the door.
const BETWEEN_TEXTS = '\u0000';
const MORE = 0x80;

/** Lua: whether one of a value's entries has a label. Those that have stand first, so it looks at the first. */
export const NAMES_SOMEBODY = defineLua({
  lua: 'local function namesSomebody(value) return (string.byte(value, 1) or 0) > 1 end',
});

/** A label as it is sealed; empty for a contact without name and groups. */
export function toLabel({ name, groups }: Label): Buffer {
  return Buffer.from([name, ...groups].join(BETWEEN_TEXTS));
}

/** The entry of a contact at each of these numbers. `tag`: of its uid, empty for one without. */
export function entriesOf(seal: BookSeal, label: Buffer, tag: string, numbers: readonly string[]): string[] {
  const start = lengthBytes(2 * label.length + (tag === '' ? 0 : 1)) + tag;
  if (label.length === 0) return numbers.map(() => start);
  return seal.seal(start, label, numbers);
}

/** The entries of all contacts that have one number, as its value; those with a name come first. */
export function joinEntries(entries: Iterable<string>): string {
  return [...entries].sort(namedFirst).join('');
}

function namedFirst(a: string, b: string): number {
  const [first, second] = [a.charCodeAt(0) > 1, b.charCodeAt(0) > 1];
  if (first !== second) return first ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}

/** The entries of a value; one that has no such shape counts as one contact without a name. */
export function splitEntries(value: string): string[] {
  const entries: string[] = [];
  for (let at = 0; at < value.length; ) {
    const size = entryAt(value, at);
    if (size === undefined) return ['\u0000'];
    entries.push(value.slice(at, size.end));
    at = size.end;
  }
  return entries;
}

/** The tag of an entry, empty without a uid. */
export function tagOf(entry: string): string {
  const size = entryAt(entry, 0);
  return size ? entry.slice(size.tag, size.label) : '';
}

/** How a value names who has the number; of several contacts always the same one is taken. */
export function labelOf(seal: BookSeal, number: string, value: string): Label {
  const [first] = labelsOf(seal, number, value, 1);
  return first ?? { name: '', groups: [] };
}

/** Every contact that has the number, `most` of them; a label that cannot be opened is empty. */
export function labelsOf(
  seal: BookSeal,
  number: string,
  value: string,
  most: number = Number.POSITIVE_INFINITY,
): Label[] {
  return splitEntries(value)
    .slice(0, most)
    .map((entry) => {
      const sealed = entry.slice(entryAt(entry, 0)?.label);
      const [name = '', ...groups] = (sealed && seal.open(number, sealed)?.toString().split(BETWEEN_TEXTS)) || [];
      return { name, groups };
    });
}

/** Where in `value` the entry's tag, its sealed label and the next entry begin; undefined for what is no entry, or a part of one. */
function entryAt(value: string, at: number): { tag: number; label: number; end: number } | undefined {
  let tag = at;
  let number = 0;
  for (let byte = MORE; byte >= MORE; tag += 1) {
    if (tag === at + 3 || tag === value.length) return undefined;
    byte = value.charCodeAt(tag);
    number += (byte % MORE) * MORE ** (tag - at);
  }
  const length = number >> 1;
  const label = tag + (number & 1) * TAG_BYTES;
  const end = label + (length === 0 ? 0 : SEAL_BYTES + length);
  return end <= value.length ? { tag, label, end } : undefined;
}

function lengthBytes(number: number): string {
  let bytes = '';
  let rest = number;
  for (; rest >= MORE; rest = Math.floor(rest / MORE)) bytes += String.fromCharCode((rest % MORE) + MORE);
  return bytes + String.fromCharCode(rest);
}

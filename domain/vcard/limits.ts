/** Bytes kept of one unfolded line, a photo of 64 kB in base64 among them; the rest of a longer one is read over. */
export const MAX_LINE_BYTES = 90_112;
/** Bytes of a property's name and parameters within which its colon must come when they are folded. */
export const MAX_HEADER_BYTES = 512;
/** Characters (UTF-16 units) of a name or a group; longer ones are cut. */
export const MAX_NAME_LENGTH = 1024;
/** Longer telephone values are no numbers and are left out. */
export const MAX_TELEPHONE_LENGTH = 512;
/** Longer identifiers are left out: half an identifier would be another one. */
export const MAX_UID_LENGTH = 1024;
/** Characters of an identifier by which a group names a member; longer ones are left out. */
export const MAX_MEMBER_LENGTH = 256;
/** Members kept of one group: as many as a book has contacts. */
export const MAX_MEMBERS = 20_000;
/** Cards that are open at the same time, one within the other; and cards that wait for the end of the one that they stand in. */
export const MAX_NESTED = { open: 4, waiting: 50 };
/** Properties that are looked at of one card, its BEGIN and END aside: a group has a line for each member. What comes after them is read over. */
export const MAX_PROPERTIES = 30_000;
/** Telephone numbers, and groups, kept of one card. */
export const MAX_VALUES = 100;

/** `text` cut to the longest name, never through a surrogate pair. */
export function capName(text: string): string {
  if (text.length <= MAX_NAME_LENGTH) return text;
  const last = text.charCodeAt(MAX_NAME_LENGTH - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? MAX_NAME_LENGTH - 1 : MAX_NAME_LENGTH);
}

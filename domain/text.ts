// What XML 1.0 (section 2.2) cannot carry at all, and what Unicode keeps for itself: one of these in a stanza makes the
// server close the component's stream. C1 controls are legal in XML and useless in a title.
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u0084\u0086-\u009F\uFDD0-\uFDEF\uFFFE\uFFFF]/g;
/** Printable ASCII: most of what stands in stanzas. */
const PLAIN = /^[ -~]*$/;
const PLANE_ENDS = /[\u{1FFFE}\u{1FFFF}\u{2FFFE}\u{2FFFF}\u{3FFFE}-\u{3FFFF}\u{4FFFE}-\u{10FFFF}]/gu;
// Embeddings, overrides and isolates reorder the text around them, so a title could rewrite a friend's whole line.
const BIDI_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/g;

// White space, and the line end of EBCDIC (U+0085), which is white space to Unicode, but not to a regular expression.
const WHITE_SPACE = /[\s\u0085]+/gu;

// What takes no ink: white space, what Unicode lets a font ignore (U+200B, U+2060, the Hangul fillers …), the
// marks of annotations, and the two symbols that are drawn empty: Braille blank and the null notehead.
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB\u2800\u{1D159}]/u;

/**
 * One line of text, safe to put into a stanza or a page: no character that XML cannot carry, no bidirectional
 * override, white space folded to single spaces, Unicode NFC. Empty when no visible character is left.
 */
export function cleanText(text: string): string {
  const clean = stripForbidden(text).replace(BIDI_CONTROLS, '').replace(WHITE_SPACE, ' ').trim().normalize('NFC');
  return VISIBLE.test(clean) ? clean : '';
}

/** Only what XML cannot carry is taken out; a last line of defence for text that is already on its way to a stanza. */
export function stripForbidden(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.toWellFormed().replace(FORBIDDEN, '').replace(PLANE_ENDS, '');
}

/** Length as people count it: in code points, not UTF-16 units. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/**
 * The same text with characters of its own, for what is kept: V8 makes a part of a string, of 13 characters and more, a view that keeps the
 * whole. It copies what is joined when a part of that is taken; measured at 40 ns.
 */
export function ownText(text: string): string {
  return ` ${text}`.slice(1);
}

const ZEROS = '٠۰߀०০੦૦୦௦౦೦൦෦๐໐༠၀႐០᠐᥆᧐᪀᪐᭐᮰᱀᱐꘠꣐꤀꧐꧰꩐꯰';
const DIGITS: ReadonlyMap<string, string> = new Map([...ZEROS].flatMap((zero) => tenFrom(zero.codePointAt(0) ?? 0)));
const PLAIN = /^[ -^a-}]*$/; // printable ASCII but for the separators `_`, `~` and the backquote
const LINE_BREAKS = /[\n\v\f\r\u0085\u2028\u2029]+/g;
const BLANKS = /[\s\p{Z}_~·•‧∙⋅・˙’´`]/gu;
const DASHES = /[\p{Pd}−ー⁃˗]/gu;
const LISTING = /[、؛]/g; // what lists numbers in Chinese, Japanese, Arabic
const INVISIBLE = /[\p{C}\p{M}]/gu;

/**
 * A phone field in ASCII as far as numbers go: digits of any script, full-width signs, exotic spaces and dashes
 * become their plain forms; bidi marks, joiners and other invisible characters go. Line breaks stay (`\n`).
 */
export function cleanPhoneText(field: string): string {
  if (PLAIN.test(field)) return field;
  return field.replace(LINE_BREAKS, '\n').split('\n').map(cleanLine).join('\n');
}

function cleanLine(line: string): string {
  return line
    .normalize('NFKC')
    .replace(BLANKS, ' ')
    .replace(INVISIBLE, '')
    .replace(DASHES, '-')
    .replace(LISTING, ';')
    .replace(/،/g, ',')
    .replace(/\p{Nd}/gu, (digit) => DIGITS.get(digit) ?? digit)
    .replace(/ {2,}/g, ' ');
}

function tenFrom(zero: number): [string, string][] {
  return Array.from({ length: 10 }, (_, value) => [String.fromCodePoint(zero + value), String(value)]);
}

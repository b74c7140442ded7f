/** `4.91716E+11`, `4,91716E11`, `491.716E+09`, `4916E+8`: most of the number's digits are gone. */
const EXPONENT = /(?<!\d)(?:\d{1,3}[.,]\d{1,20}[de][+ -]?|\d{1,3}e|\d{1,20}[de][+-])\d{1,3}(?!\d)/i;
/** The same as people write it: `491716E6`, `4.91716 E+11`, `4.91716 × 10^11`. Only as the whole text: ` e ` stands between two numbers in Italian. */
const WRITTEN_EXPONENT =
  /^(?:\d{1,20}e\d{1,3}|\d{1,3}[.,]\d{1,20} ?(?:[de] ?[+-]? ?|(?:[x*] ?10 ?\^|× ?10 ?\^?) ?[+-]?)\d{1,3})$/i;
/** A number’s cell with decimals: `1715550002.0`, `1,715,550,002.00`. */
const DECIMALS =
  /^(?<whole>[1-9]\d{4,}|[1-9]\d{0,2}(?:,\d{3})+(?=\.)|[1-9]\d{0,2}(?:\.\d{3})+(?=,)|[1-9]\d{0,2}(?: \d{3})+)[.,](?<decimals>0{1,3}|\d{1,2})$/;
/** A zero after the point that a program put behind the text of a number: `+491715550002.0`, `0171 5550002.0`. */
const POINT_ZERO = /^(?<whole>[+(]?\d[\d ()/-]*\d{7})[.,]0{1,2}$/;
/** What a formula makes of `+49-171-5550002`. */
const NEGATIVE = /^-[1-9]\d*(?:[.,]\d+)?$/;
const DATE = /^(?:(?:19|20)\d\d([-/.])[01]?\d\1[0-3]?\d|[0-3]?\d([-/.])[0-3]?\d\2(?:19|20)\d\d)(?: 00:00(?::00)?)?$/;

/**
 * What a spreadsheet was given before it took a telephone number for a number. Empty for what cannot be undone, and for dates:
 * their digits would be the number of somebody else.
 */
export function beforeSpreadsheet(text: string): string {
  const trimmed = text.trim();
  if (EXPONENT.test(trimmed) || WRITTEN_EXPONENT.test(trimmed)) return '';
  if (NEGATIVE.test(trimmed) || DATE.test(trimmed)) return '';
  const { whole, decimals } = DECIMALS.exec(trimmed)?.groups ?? {};
  if (whole === undefined || decimals === undefined) return POINT_ZERO.exec(trimmed)?.groups?.whole ?? text;
  return /^0+$/.test(decimals) ? whole : '';
}

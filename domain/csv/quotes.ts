const QUOTE = '"';

/** The fields of a whole row (RFC 4180): quoted ones without their quotation marks, doubled marks as one. */
export function splitRow(text: string, delimiter: string): string[] {
  const fields: string[] = [];
  for (let at = 0; ; ) {
    let field = '';
    if (text[at] === QUOTE) {
      const close = closingQuote(text, at + 1);
      field = text.slice(at + 1, close).replaceAll('""', QUOTE);
      at = close + 1;
    }
    const end = text.indexOf(delimiter, at);
    fields.push(field + text.slice(at, end < 0 ? undefined : end));
    if (end < 0) return fields;
    at = end + 1;
  }
}

/**
 * Whether a quoted field is open at the end of a line. `open`: whether one was at its beginning.
 * `astray`: text follows the mark that should close a field of several lines, so the mark that
 * opened it was no quotation mark.
 */
export function quotesAfter(text: string, delimiter: string, open: boolean): 'open' | 'closed' | 'astray' {
  let at = 0;
  if (open) {
    at = closingQuote(text, 0) + 1;
    if (at > text.length) return 'open';
    if (at === text.length) return 'closed';
    if (text[at] !== delimiter) return 'astray';
    at += 1;
  }
  for (;;) {
    if (text[at] === QUOTE) at = closingQuote(text, at + 1) + 1;
    if (at > text.length) return 'open';
    at = text.indexOf(delimiter, at) + 1;
    if (at === 0) return 'closed';
  }
}

/** Where the mark stands that closes a field; the length of the text when there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf(QUOTE, from); at >= 0; at = text.indexOf(QUOTE, at + 2))
    if (text[at + 1] !== QUOTE) return at;
  return text.length;
}

const COLON = 58;
const SEMICOLON = 59;
const QUOTE = 34;
const DOT = 46;
const MAX_NAME = 32;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** The parts of `item1.TEL;TYPE=cell:…`; `parameters` is upper case and keeps its `;`. */
export type Property = { parameters: string; value: Buffer };

/** What must be known of a property before its line is kept; `name` is in upper case. */
export type Header = { name: string; quotedPrintable: boolean };

/**
 * Reads the start of a property, undefined when it has no colon (yet). The group (`item1.`) is no part of the name; names longer
 * than any that is used are left empty.
 */
export function readHeader(bytes: Buffer, start: number, end: number): Header | undefined {
  let name = BYTE_ORDER_MARK.every((byte, at) => bytes[start + at] === byte) ? start + 3 : start;
  let stop = name;
  while (stop < end && bytes[stop] !== COLON && bytes[stop] !== SEMICOLON) {
    if (bytes[stop] === DOT) name = stop + 1;
    stop += 1;
  }
  const colon = stop < end ? valueColon(bytes, stop, end) : -1;
  if (colon < 0) return undefined;
  return {
    name: stop - name > MAX_NAME ? '' : bytes.toString('latin1', name, stop).trim().toUpperCase(),
    quotedPrintable: colon > stop && saysQuotedPrintable(bytes.toString('latin1', stop, colon)),
  };
}

/** Splits an unfolded property at its colon; undefined when it has none. */
export function splitProperty(bytes: Buffer): Property | undefined {
  const colon = valueColon(bytes, 0, bytes.length);
  if (colon < 0) return undefined;
  const semicolon = bytes.indexOf(SEMICOLON);
  const parameters =
    semicolon >= 0 && semicolon < colon ? bytes.toString('latin1', semicolon, colon).toUpperCase() : '';
  return { parameters, value: bytes.subarray(colon + 1) };
}

/** True when the parameters say `ENCODING=QUOTED-PRINTABLE` or `ENCODING=Q`, or bare `QUOTED-PRINTABLE` as vCard 2.1 may. */
export function saysQuotedPrintable(parameters: string): boolean {
  return /;\s*(?:(?:ENCODING\s*=\s*)?"?QUOTED-PRINTABLE|ENCODING\s*=\s*"?Q"?\s*(?:;|$))/i.test(parameters);
}

/** The first colon outside quotes (`X-P="a:b"`), or, when a quote is never closed, the first colon. */
function valueColon(bytes: Buffer, start: number, end: number): number {
  let quoted = false;
  let first = -1;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) quoted = !quoted;
    else if (byte === COLON) {
      if (!quoted) return at;
      if (first < 0) first = at;
    }
  }
  return first;
}

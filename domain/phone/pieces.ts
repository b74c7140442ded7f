/** One place of a field that may hold a number; `context` is what a `tel:` URI says must precede it. */
export type Piece = { text: string; context?: string };

const MAX_PIECES = 10;
const SCHEME = /^\s*(?:tel|sips?|callto|sms):(?:\/\/)?/i;
/** Caller-id services, dialled before the number: `*31#`, `#31#`, `*67`, `*82`, Israel's `*43`. */
const SERVICE_PREFIX = /^[\s(]*(?:[*#]3[01][#*]|\*(?:67|82|43))/;
/** Brazil's `0xx11`: a trunk 0 and any carrier. */
const ANY_CARRIER = /\b0xx/i;
const PARAMETER = /^\s*([a-z][a-z-]*)\s*=\s*(.*)$/i;
const EXTENSION_WORD =
  'ext(?:ension|n)?|int(?:erno|\\.)|poste|anexo|ramal|durchwahl|dw|app|opt(?:ion)?|pin|доб|вн|転送|[转轉]|[分内內][机機线線]|내선';
/** Where a number ends and what is dialled after it begins: `,,12`, `p12`, `x12`, `ext. 12`, `转12`, `#12`. */
const TAIL = new RegExp(
  `(\\d[\\s.)\\-]*)(?:,,|,?[xpwXPW](?=[\\s.:,pwx]*[\\d*#])|#(?=\\d)|,?\\s*(?:${EXTENSION_WORD})).*$`,
  'i',
);

/**
 * Splits a cleaned field at what separates whole numbers: line breaks, `;`, `|`, `:::` (Google), words between numbers, a second
 * `+`. A `tel:` URI (RFC 3966) keeps its parameters; extensions, pauses and what follows them are dropped.
 */
export function piecesOf(field: string): Piece[] {
  const pieces: Piece[] = [];
  for (const line of field.split(/\n|\||:::/)) {
    for (const part of line.split(';')) {
      if (pieces.length >= MAX_PIECES) return pieces.slice(0, MAX_PIECES);
      const parameter = PARAMETER.exec(part);
      if (parameter === null) pieces.push(...spoken(withoutScheme(part)));
      else addContext(pieces.at(-1), parameter);
    }
  }
  return pieces.slice(0, MAX_PIECES);
}

/** RFC 3966: a global `phone-context` (`+44`) precedes the number; a domain name makes it private. */
function addContext(piece: Piece | undefined, [, name, value]: RegExpExecArray): void {
  if (piece !== undefined && name?.toLowerCase() === 'phone-context') piece.context = value?.trim() ?? '';
}

function withoutScheme(part: string): string {
  const scheme = SCHEME.exec(part);
  if (scheme === null) return part;
  const address = part
    .slice(scheme[0].length)
    .replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return address.split('@')[0] ?? '';
}

/** The runs of number characters in a part, after its extension is gone; words before and between them are labels. */
function spoken(part: string): Piece[] {
  if (part.includes('@')) return [];
  return part
    .replace(SERVICE_PREFIX, '')
    .replace(ANY_CARRIER, '0')
    .replace(TAIL, '$1')
    .split(/[^\d+*#()[\]{}\s.,/\\&'-]+|(?<=\d{4}[\s)]{0,3})(?=\+)/)
    .filter((text) => /\d/.test(text))
    .map((text) => ({ text }));
}

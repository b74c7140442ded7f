import { type Property, saysQuotedPrintable } from './property.ts';

const EQUALS = 61;

/** The bytes of a value, its ENCODING undone. */
export function decodeTransfer({ parameters, value }: Property): Buffer {
  if (parameters === '') return value;
  if (saysQuotedPrintable(parameters)) return decodeQuotedPrintable(value);
  if (/;\s*(?:ENCODING\s*=\s*"?)?(?:BASE64|B)"?\s*(?:;|$)/.test(parameters))
    return Buffer.from(value.toString('latin1'), 'base64');
  return value;
}

/** RFC 2045 6.7 in one pass; what is no escape stays as it is. */
function decodeQuotedPrintable(value: Buffer): Buffer {
  const decoded = Buffer.alloc(value.length);
  let length = 0;
  for (let at = 0; at < value.length; at += 1) {
    const byte = value[at] ?? 0;
    const escaped = byte === EQUALS ? hexDigit(value[at + 1]) * 16 + hexDigit(value[at + 2]) : Number.NaN;
    decoded[length] = Number.isNaN(escaped) ? byte : escaped;
    if (!Number.isNaN(escaped)) at += 2;
    length += 1;
  }
  return decoded.subarray(0, length);
}

function hexDigit(byte = 0): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : Number.NaN;
}

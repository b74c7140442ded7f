import { type Property, saysQuotedPrintable } from './property.ts';

type Decoder = { decode(bytes: Buffer): string };

const EQUALS = 61;
/** Chinese characters in pairs, and ASCII: what hardly any Western text is when its bytes are read as Latin-1. */
const GB2312_TEXT = /^(?:[\x00-\x7f]|[\xb0-\xf7][\xa1-\xfe])+$/;

const BYTES_80_TO_9F = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
/** Node 20 reads the bytes 80 to 9F, curly quotes and the euro, as ISO 8859-1 when asked for Windows-1252. */
const WINDOWS_1252: Decoder = {
  decode: (bytes) =>
    bytes.toString('latin1').replace(/[\x80-\x9f]/g, (char) => BYTES_80_TO_9F.charAt(char.charCodeAt(0) - 0x80)),
};

/** Decodes a property's bytes by its ENCODING and CHARSET. */
export type ValueDecoder = (property: Property) => string;

/**
 * A decoder for the values of one file. Without a CHARSET the text is UTF-8, or when it is not valid as that, GBK if it can be Chinese
 * and else Windows-1252; a CHARSET that nobody knows counts as none.
 */
export function createValueDecoder(): ValueDecoder {
  const decoders = new Map<string, Decoder | undefined>();
  return ({ parameters, value }) => {
    const bytes = decodeTransfer(parameters, value);
    const label = /;\s*CHARSET\s*=\s*"?([^;":]{1,40})/.exec(parameters)?.[1]?.trim();
    if (label === undefined) return decodeUnlabelled(bytes);
    if (!decoders.has(label) && decoders.size < 20) decoders.set(label, decoderFor(label));
    return decoders.get(label)?.decode(bytes) ?? decodeUnlabelled(bytes);
  };
}

function decodeTransfer(parameters: string, value: Buffer): Buffer {
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

function decodeUnlabelled(bytes: Buffer): string {
  return decodeUtf8(bytes) ?? decodeLegacy(bytes, isGb2312(bytes));
}

/** Text of a program that knows no Unicode: GBK when it is Chinese, else Windows-1252. */
export function decodeLegacy(bytes: Buffer, chinese: boolean): string {
  return (chinese ? new TextDecoder('gbk') : WINDOWS_1252).decode(bytes);
}

/** Undefined when the bytes are no UTF-8. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** True for bytes that are Chinese text rather than Western; to be asked only when they are no UTF-8. */
export function isGb2312(bytes: Buffer): boolean {
  return GB2312_TEXT.test(bytes.toString('latin1'));
}

/** Undefined for labels that no one knows, and for UTF-16, which cannot stand inside a file of bytes. */
function decoderFor(label: string): Decoder | undefined {
  try {
    if (/^UTF-?16|^UTF-?8$/i.test(label)) return undefined;
    const decoder = new TextDecoder(label);
    return decoder.encoding === 'windows-1252' ? WINDOWS_1252 : decoder;
  } catch {
    return undefined;
  }
}

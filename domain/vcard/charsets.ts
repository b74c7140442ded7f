/** Turns bytes into text. */
export type Decoder = { decode(bytes: Buffer): string };

const BYTES_80_TO_9F = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
/** Node 20 reads the bytes 80 to 9F, curly quotes and the euro, as ISO 8859-1 when asked for Windows-1252. */
const WINDOWS_1252: Decoder = {
  decode: (bytes) =>
    bytes.toString('latin1').replace(/[\x80-\x9f]/g, (char) => BYTES_80_TO_9F.charAt(char.charCodeAt(0) - 0x80)),
};

/** Names that the Encoding Standard does not know, by what programs write: Windows' code pages, and dashes left out. */
const ALIASES: Readonly<Record<string, string>> = {
  '932': 'shift_jis',
  '936': 'gb18030',
  '949': 'euc-kr',
  '950': 'big5',
  '20866': 'koi8-r',
  '28605': 'iso-8859-15',
  '51932': 'euc-jp',
  '54936': 'gb18030',
  SHIFTJIS: 'shift_jis',
  EUCJP: 'euc-jp',
  EUCKR: 'euc-kr',
  UHC: 'euc-kr',
  BIG5HKSCS: 'big5',
  EUCCN: 'gb18030',
};

/** Undefined for labels that no one knows, and for UTF-8 and UTF-16: the one is tried first, the other cannot stand inside a file of bytes. */
export function decoderFor(label: string): Decoder | undefined {
  if (/^UTF[-_]?(?:8|16)/i.test(label)) return undefined;
  const bare = label.toUpperCase().replace(/[-_ ]/g, '');
  const page = /^(?:X?CP|MS|WIN(?:DOWS)?|IBM)?(\d+)$/.exec(bare)?.[1];
  const known = ALIASES[page ?? bare] ?? (page !== undefined && /^125\d$|^874$/.test(page) ? `windows-${page}` : label);
  try {
    const decoder = new TextDecoder(known);
    if (decoder.encoding === 'windows-1252') return WINDOWS_1252;
    // Node's decoder for GBK does not know the characters of four bytes, the one for GB18030, of which GBK is a part, does.
    return decoder.encoding === 'gbk' ? new TextDecoder('gb18030') : decoder;
  } catch {
    return undefined;
  }
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

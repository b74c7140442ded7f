import { decodeLegacy, decodeUtf8, isGb2312 } from '../vcard/decode.ts';

/**
 * A decoder for the lines of one file: UTF-8, else GBK or Windows-1252. Once a line can only be Chinese the later ones are too, as
 * a rare character by itself looks Western.
 */
export function createLineDecoder(): (bytes: Buffer) => string {
  let chinese = false;
  return (bytes) => {
    const text = decodeUtf8(bytes);
    if (text !== undefined) return text.startsWith('\ufeff') ? text.slice(1) : text;
    chinese ||= isGb2312(bytes);
    return decodeLegacy(bytes, chinese);
  };
}

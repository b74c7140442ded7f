import { imageType, MAX_PHOTO_BYTES, type Photo } from '../photo.ts';
import type { Property } from './property.ts';

/** What stands before the base64 in vCard 4.0: `data:image/jpeg;base64,`, its `;` and `,` escaped by some. */
const DATA_URI = /^\s*data:[^,]{0,100},/i;
const SAYS_BASE64 = /;\s*(?:ENCODING\s*=\s*"?)?(?:BASE64|B)"?\s*(?:;|$)/;

/** The image of a PHOTO; undefined for one that stands elsewhere (`https:`), and for what is no image of a known kind. */
export function readPhoto({ parameters, value }: Property): Photo | undefined {
  const uri = DATA_URI.exec(value.toString('latin1', 0, 120))?.[0];
  if (uri === undefined && !SAYS_BASE64.test(parameters)) return undefined;
  const bytes = Buffer.from(value.toString('latin1', uri?.length ?? 0), 'base64');
  if (imageType(bytes) === undefined) return undefined;
  return bytes.length > MAX_PHOTO_BYTES ? 'too-large' : bytes;
}

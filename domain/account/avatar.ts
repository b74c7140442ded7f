import { imageType, MAX_PHOTO_BYTES } from '../photo.ts';

/** Characters in which an image of the largest size fits, also in lines of 60. */
const LONGEST_TEXT = Math.ceil((MAX_PHOTO_BYTES * 4) / 3) * 1.1;

/** A token bucket for looking at somebody's avatar: a token comes every INTERVAL milliseconds, and BURST of them fit in. */
const INTERVAL = 60_000;
const BURST = 5;

/** The image in a base64 text; undefined when it is no base64, larger than 65,536 bytes, or no JPEG, PNG, GIF or WebP by its first bytes. */
export function readAvatar(text: string): Buffer | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const base64 = text.replace(/\s+/g, '');
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const image = Buffer.from(base64, 'base64');
  return image.length <= MAX_PHOTO_BYTES && imageType(image) ? image : undefined;
}

/**
 * Takes a token from the bucket: five looks in a row, then one a minute. `at` is when the look may begin. `paid` is the bucket: the time at which it
 * will be full again; a time in the past is a full bucket. All are milliseconds since the epoch.
 */
export function turnOf(paid: number, now: number): { at: number; paid: number } {
  const at = Math.max(now, paid - (BURST - 1) * INTERVAL);
  return { at, paid: Math.max(paid, at) + INTERVAL };
}

/** Bytes of the largest photo that is kept. */
export const MAX_PHOTO_BYTES = 65_536;
/** Bytes of all photos of one book: what the largest upload can hold. */
export const MOST_PHOTO_BYTES = 24 * 1024 * 1024;

/** A JPEG, PNG, GIF or WebP image; `too-large` for one over 65,536 bytes. */
export type Photo = Buffer | 'too-large';

const SIGNATURES: [type: string, signature: RegExp][] = [
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF.{4}WEBP/s],
];

/** The media type by the image's first bytes: what a card says is not to be trusted in somebody's browser. */
export function imageType(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return SIGNATURES.find(([, signature]) => signature.test(start))?.[0];
}

/** As a `data:` URI (RFC 2397); the image is one that `imageType` knows. */
export function toDataUri(image: Buffer): string {
  return `data:${imageType(image)};base64,${image.toString('base64')}`;
}

/** The image of such a URI. */
export function fromDataUri(uri: string): Buffer {
  return Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
}

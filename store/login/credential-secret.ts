import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const SHAPE = /^esk_[0-9a-f]{72}$/;

/** An API key: `esk_`, 256 random bits and their CRC-32 in hexadecimal, so that scanners for leaked secrets find it and make no mistake. */
export function newApiKey(): string {
  const secret = randomBytes(32).toString('hex');
  return `esk_${secret}${checksum(secret)}`;
}

/** Whether the text was ever an API key; a slip of the pen is found without asking the store. */
export function isApiKey(text: string): boolean {
  return SHAPE.test(text) && text.slice(-8) === checksum(text.slice(4, -8));
}

/** What is kept of a key. It has 256 random bits, so a plain hash cannot be guessed back. */
export function hashOfKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

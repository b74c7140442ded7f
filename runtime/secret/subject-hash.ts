import { hkdfSync } from 'node:crypto';
import { createHmacOf } from './keyed-hash.ts';

/** Turns a subscriber's id, or a caller's address, into what stands for it where it must not be read. */
export type SubjectHashOf = (text: string) => string;

/** Of a hash. */
const BYTES = 16;

/** HMAC-SHA-256 cut to 128 bits, base64url, under a key derived from the operator's: the audit trail tells nobody else who was meant. */
export function createSubjectHash(secret: Buffer): SubjectHashOf {
  const hmacOf = createHmacOf(Buffer.from(hkdfSync('sha256', secret, '', 'earshot subjects', 32)));
  return (text) => Buffer.from(hmacOf(text, 'binary').slice(0, BYTES), 'binary').toString('base64url');
}

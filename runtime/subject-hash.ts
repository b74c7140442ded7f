import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';

/** Turns a subscriber's id, or a caller's address, into what stands for it where it must not be read. */
export type SubjectHashOf = (text: string) => string;

/** HMAC-SHA-256 cut to 128 bits, base64url, under a key derived from the operator's: the audit trail tells nobody else who was meant. */
export function createSubjectHash(secret: Buffer): SubjectHashOf {
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'earshot subjects', 32)));
  return (text) => createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url');
}

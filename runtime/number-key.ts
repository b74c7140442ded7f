import { createHmac } from 'node:crypto';

/** Turns an E.164 number into the text under which Earshot knows it. */
export type NumberKeyOf = (e164: string) => string;

/**
 * HMAC-SHA-256 under the operator's key, cut to 72 bits, base64url (12 characters; decision 9 says why 72). Whoever reads
 * Redis without the key cannot list the numbers, however few numbers there are to try.
 */
export function createNumberKey(secret: Buffer): NumberKeyOf {
  return (e164) => createHmac('sha256', secret).update(e164).digest().subarray(0, 9).toString('base64url');
}

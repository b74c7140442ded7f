import { createHash } from 'node:crypto';
import { createHmacOf } from './keyed-hash.ts';

/** Turns an E.164 number into the text under which Earshot knows it. */
export type NumberKeyOf = (e164: string) => string;

/** Nine bytes. */
const KEY_CHARACTERS = 12;

/**
 * HMAC-SHA-256 under the operator's key, cut to 72 bits, base64url (12 characters; decision 9 says why 72). Whoever reads
 * Redis without the key cannot list the numbers, however few numbers there are to try.
 */
export function createNumberKey(secret: Buffer): NumberKeyOf {
  const hmacOf = createHmacOf(secret);
  return (e164) => hmacOf(e164, 'base64url').slice(0, KEY_CHARACTERS);
}

/** The operator's keys in use. `of`: what a number is hashed to under each, the present one first; `ids`: their names, in that order. */
export type NumberKeys = { of(e164: string): string[]; ids: string };

/** While the operator changes the key, `previous` is the one before. */
export function createNumberKeys(present: Buffer, previous?: Buffer): NumberKeys {
  const secrets = previous === undefined ? [present] : [present, previous];
  const hashes = secrets.map(createNumberKey);
  return { of: (e164) => hashes.map((hash) => hash(e164)), ids: secrets.map(idOf).join(' ') };
}

/** The same for a piece of work that asks for a number more than once: each is hashed once, and kept as long as that work. */
export function rememberKeys({ of, ids }: NumberKeys): NumberKeys {
  const known = new Map<string, string[]>();
  function once(e164: string): string[] {
    const hashes = known.get(e164) ?? of(e164);
    known.set(e164, hashes);
    return hashes;
  }
  return { of: once, ids };
}

/** 36 bits of a hash: enough to tell the keys of one operator apart, and of no use to who wants the key. */
function idOf(secret: Buffer): string {
  return createHash('sha256').update('earshot number key').update(secret).digest('base64url').slice(0, 6);
}

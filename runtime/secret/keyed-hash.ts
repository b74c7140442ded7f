import { createHmac, hash, hkdfSync } from 'node:crypto';

/** Hashes texts that are too few to be kept as plain hashes: numbers, codes, network addresses. `purpose` keeps the kinds apart. */
export type KeyedHash = (purpose: string, ...texts: string[]) => string;

/** HMAC-SHA-256, base64url, under a key derived from the operator's (HKDF, RFC 5869), so that this one seals and never hashes. */
export function createKeyedHash(secretsKey: Buffer): KeyedHash {
  const key = Buffer.from(hkdfSync('sha256', secretsKey, '', 'earshot keyed hashes', 32));
  return (purpose, ...texts) =>
    createHmac('sha256', key)
      .update(JSON.stringify([purpose, ...texts]))
      .digest('base64url');
}

/** HMAC-SHA-256 of a text, as base64url or as a string of bytes (`binary`). */
export type Hmac = (text: string | Buffer, encoding: 'base64url' | 'binary') => string;

/** Of what SHA-256 takes at once. */
const BLOCK_BYTES = 64;
/** Of a SHA-256. */
const HASH_BYTES = 32;

/**
 * Node's HMAC-SHA-256 (RFC 2104) to the byte, without an object of OpenSSL and a buffer for each call: of those a large address
 * book would leave hundreds of thousands, which the process has to collect.
 */
export function createHmacOf(key: Buffer): Hmac {
  const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
  const inner = Buffer.alloc(BLOCK_BYTES, 0x36);
  const outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES, 0x5c);
  for (const [i, byte] of short.entries()) {
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  return (text, encoding) => {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    outer.write(hash('sha256', Buffer.concat([inner, bytes]), 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', outer, encoding);
  };
}

/**
 * Node's HKDF-SHA-256 (RFC 5869) to the byte, for keys of 32 bytes: what a purpose needs is derived from the secret and the salt. Without
 * objects of OpenSSL, which take ten times as long: a job looks into the books of many others, each of which has keys of its own.
 */
export function createKeyDerivation(secret: Buffer, salt: string): (purpose: string) => Buffer {
  const extracted = Buffer.from(createHmacOf(Buffer.from(salt))(secret, 'binary'), 'binary');
  const expand = createHmacOf(extracted);
  return (purpose) => Buffer.from(expand(`${purpose}\u0001`, 'binary'), 'binary');
}

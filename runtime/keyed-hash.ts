import { createHmac, hkdfSync } from 'node:crypto';

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

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A secret as it may be kept: AES-256-GCM (NIST SP 800-38D) under the operator's key of 32 bytes, base64url. `purpose` says whose
 * secret it is for what; only whoever names the same opens it, so one that is moved elsewhere is of no use there.
 */
export function seal(key: Buffer, purpose: string, text: string): string {
  return sealWith(randomBytes(IV_BYTES), key, purpose, text);
}

/**
 * As `seal`, and always the same for the same text and purpose, so that two of them compare: instead of a random nonce it takes one that
 * only the same text has, by HMAC-SHA-256 under a key of its own (the thought of RFC 8452).
 */
export function sealAlike(key: Buffer, purpose: string, text: string): string {
  const nonceKey = Buffer.from(hkdfSync('sha256', key, '', 'earshot nonce', 32));
  const hmac = createHmac('sha256', nonceKey)
    .update(JSON.stringify([purpose, text]))
    .digest();
  return sealWith(hmac.subarray(0, IV_BYTES), key, purpose, text);
}

function sealWith(iv: Buffer, key: Buffer, purpose: string, text: string): string {
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** What `seal` or `sealAlike` has sealed; undefined when it was sealed with another key or for another purpose, or is damaged. */
export function unseal(key: Buffer, purpose: string, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  const [iv, tag] = [bytes.subarray(0, IV_BYTES), bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES)];
  try {
    const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(purpose));
    decipher.setAuthTag(tag);
    return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

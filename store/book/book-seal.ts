import { createCipheriv, hash, hkdfSync } from 'node:crypto';
import { PACKED_BYTES } from '../base/partitions.ts';

/** Bytes in front of a sealed label, of its own HMAC. */
export const SEAL_BYTES = 4;
/** Bytes of a uid's hash (see `marksOf`): those that begin its records, and those that its entries bear. */
export const HEAD_BYTES = 4;
export const TAG_BYTES = 4;
const BLOCK_BYTES = 16;
/** Of what SHA-256 takes at once. */
const HASHED_BYTES = 64;

/**
 * How one subscriber's books are kept so that nobody reads them without the operator's key (decision 94). Strings are of bytes. `number`: the nine bytes
 * of a number key.
 */
export type BookSeal = {
  /** Seals one label for each number that has it: always the same for the same two, so that versions of a book compare. */
  seal(label: Buffer): (number: string) => string;
  /** Undefined for what was sealed under another key, or is damaged. */
  open(number: string, sealed: string): Buffer | undefined;
  /** What stands for a uid: `head` begins its records, `tag` its entries. */
  marksOf(uid: string): { head: string; tag: string };
};

/** By the subscriber’s id. */
export type BookSeals = (id: string) => BookSeal;

/** Keys for each subscriber, derived from the operator's (HKDF, RFC 5869). */
export function createBookSeals(secretsKey: Buffer): BookSeals {
  return (id) => {
    const keyOf = (purpose: string) => Buffer.from(hkdfSync('sha256', secretsKey, id, `earshot book ${purpose}`, 32));
    return createBookSeal(createCounterMode(keyOf('cipher')), createHmacOf(keyOf('seal')), createHmacOf(keyOf('uids')));
  };
}

function createBookSeal(crypt: Crypt, sealOf: HmacOf, hashOf: HmacOf): BookSeal {
  return {
    seal(label) {
      const seal = sealOf(label).subarray(0, SEAL_BYTES);
      const [start, encrypt] = [seal.toString('latin1'), crypt(seal, label)];
      return (number) => start + encrypt(number).toString('latin1');
    },
    open(number, sealed) {
      const bytes = Buffer.from(sealed, 'latin1');
      const seal = bytes.subarray(0, SEAL_BYTES);
      const label = crypt(seal, bytes.subarray(SEAL_BYTES))(number);
      return sealOf(label).subarray(0, SEAL_BYTES).equals(seal) ? label : undefined;
    },
    marksOf(uid) {
      const bytes = hashOf(Buffer.from(uid));
      return {
        head: bytes.toString('latin1', 0, HEAD_BYTES),
        tag: bytes.toString('latin1', HEAD_BYTES, HEAD_BYTES + TAG_BYTES),
      };
    },
  };
}

// Both below are Node's HMAC and counter mode to the byte, without an object of OpenSSL for each call: of those a large book would leave
// two hundred thousand, which the process has to collect.

type HmacOf = (bytes: Buffer) => Buffer;

/** HMAC-SHA-256 (RFC 2104). */
function createHmacOf(key: Buffer): HmacOf {
  const padded = (pad: number) => Buffer.alloc(HASHED_BYTES).map((_, i) => (key[i] ?? 0) ^ pad) as Buffer;
  const [inner, outer] = [padded(0x36), padded(0x5c)];
  return (bytes) => sha256(Buffer.concat([outer, sha256(Buffer.concat([inner, bytes]))]));
}

function sha256(bytes: Buffer): Buffer {
  return hash('sha256', bytes, 'buffer');
}

type Crypt = (seal: Buffer, text: Buffer) => (number: string) => Buffer;

/** AES-256 in counter mode (NIST SP 800-38A). A block is the number, nine bytes, the seal, four, and a counter of three. */
function createCounterMode(key: Buffer): Crypt {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return (seal, text) => {
    const blocks = Buffer.alloc(Math.ceil(text.length / BLOCK_BYTES) * BLOCK_BYTES);
    for (let at = 0; at < blocks.length; at += BLOCK_BYTES) {
      seal.copy(blocks, at + PACKED_BYTES);
      blocks.writeUIntBE(at / BLOCK_BYTES, at + PACKED_BYTES + SEAL_BYTES, 3);
    }
    return (number) => {
      for (let at = 0; at < blocks.length; at += BLOCK_BYTES) blocks.write(number, at, 'latin1');
      const stream = cipher.update(blocks).subarray(0, text.length);
      for (let i = 0; i < text.length; i += 1) stream[i] = (stream[i] as number) ^ (text[i] as number);
      return stream;
    };
  };
}

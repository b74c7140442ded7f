import { createCipheriv } from 'node:crypto';
import { createHmacOf, createKeyDerivation, type Hmac } from '../../runtime/secret/keyed-hash.ts';
import { PACKED_BYTES } from '../base/partitions.ts';

/** Bytes in front of a sealed label, of its own HMAC. */
export const SEAL_BYTES = 4;
/** Bytes of a uid's hash (see `marksOf`): those that begin its records, and those that its entries bear. */
export const HEAD_BYTES = 4;
export const TAG_BYTES = 4;
const BLOCK_BYTES = 16;

/**
 * How one subscriber's books are kept so that nobody reads them without the operator's key (decision 94). Strings are of bytes. `number`: the nine bytes
 * of a number key.
 */
export type BookSeal = {
  /** Seals one label for each number that has it, with `start` in front: always the same for the same two, so that versions of a book compare. */
  seal(start: string, label: Buffer, numbers: readonly string[]): string[];
  /** Undefined for what was sealed under another key, or is damaged. */
  open(number: string, sealed: string): Buffer | undefined;
  /** What stands for a uid: `head` begins its records, `tag` its entries. */
  marksOf(uid: string): { head: string; tag: string };
};

/** By the subscriber’s id. */
export type BookSeals = (id: string) => BookSeal;

/**
 * Keys for each subscriber, derived from the operator's (HKDF, RFC 5869), each when it is first needed: that takes longer than
 * to open a label, and a job looks into the books of many others for one label each, or for none.
 */
export function createBookSeals(secretsKey: Buffer): BookSeals {
  return (id) => {
    let keyFor: ((purpose: string) => Buffer) | undefined;
    return createBookSeal((purpose) => {
      keyFor ??= createKeyDerivation(secretsKey, id);
      return keyFor(`earshot book ${purpose}`);
    });
  };
}

function createBookSeal(keyOf: (purpose: string) => Buffer): BookSeal {
  let ofLabels: { crypt: Crypt; sealOf: Hmac } | undefined;
  let hashOf: Hmac | undefined;

  function labels(): { crypt: Crypt; sealOf: Hmac } {
    ofLabels ??= { crypt: createCounterMode(keyOf('cipher')), sealOf: createHmacOf(keyOf('seal')) };
    return ofLabels;
  }

  return {
    seal(start, label, numbers) {
      const { crypt, sealOf } = labels();
      const seal = sealOf(label, 'binary').slice(0, SEAL_BYTES);
      return crypt(start + seal, seal, label, numbers);
    },
    open(number, sealed) {
      const seal = sealed.slice(0, SEAL_BYTES);
      if (seal.length < SEAL_BYTES) return undefined;
      const { crypt, sealOf } = labels();
      const [opened = ''] = crypt('', seal, Buffer.from(sealed.slice(SEAL_BYTES), 'latin1'), [number]);
      const label = Buffer.from(opened, 'latin1');
      return sealOf(label, 'binary').startsWith(seal) ? label : undefined;
    },
    marksOf(uid) {
      hashOf ??= createHmacOf(keyOf('uids'));
      const bytes = hashOf(uid, 'binary');
      return { head: bytes.slice(0, HEAD_BYTES), tag: bytes.slice(HEAD_BYTES, HEAD_BYTES + TAG_BYTES) };
    },
  };
}

/** The text encrypted, or decrypted, for each of the numbers, with `start` in front. */
type Crypt = (start: string, seal: string, text: Buffer, numbers: readonly string[]) => string[];

/**
 * AES-256 in counter mode (NIST SP 800-38A). A block is the number, nine bytes, the seal, four, and a counter of three. It is Node's to the byte, without an
 * object of OpenSSL and a buffer for each number, of which a large book would leave a hundred thousand.
 */
function createCounterMode(key: Buffer): Crypt {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return (start, seal, text, numbers) => {
    const blocks = Math.ceil(text.length / BLOCK_BYTES);
    const stream = cipher.update(counterBlocks(seal, numbers, blocks));
    const one = Buffer.alloc(start.length + text.length, start, 'latin1');
    return numbers.map((_, i) => {
      const from = i * blocks * BLOCK_BYTES;
      for (let at = 0; at < text.length; at += 1)
        one[start.length + at] = (stream[from + at] as number) ^ (text[at] as number);
      return one.toString('latin1');
    });
  };
}

/** So many for each of the numbers. */
function counterBlocks(seal: string, numbers: readonly string[], count: number): Buffer {
  const blocks = Buffer.allocUnsafe(numbers.length * count * BLOCK_BYTES);
  let at = 0;
  for (const number of numbers)
    for (let counter = 0; counter < count; counter += 1) {
      blocks.write(number + seal, at, 'latin1');
      blocks.writeUIntBE(counter, at + PACKED_BYTES + SEAL_BYTES, 3);
      at += BLOCK_BYTES;
    }
  return blocks;
}

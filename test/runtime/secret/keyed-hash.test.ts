import { createHmac, hkdfSync } from 'node:crypto';
import { expect } from 'chai';
import { createHmacOf, createKeyDerivation } from '../../../runtime/secret/keyed-hash.ts';
import { createNumberKey } from '../../../runtime/secret/number-key.ts';
import { createSubjectHash } from '../../../runtime/secret/subject-hash.ts';

describe('runtime/secret/keyed-hash', () => {
  for (const bytes of [0, 1, 32, 63, 64, 65, 200])
    it(`hashes as Node's HMAC-SHA-256 does, with a key of ${bytes} bytes`, () => {
      const key = Buffer.alloc(bytes, 'key');
      const hmacOf = createHmacOf(key);
      for (const text of ['', '+4917612345678', 'Zoë'.repeat(40), Buffer.alloc(500, 0xff)]) {
        const hmac = createHmac('sha256', key).update(text).digest();
        expect(Buffer.from(hmacOf(text, 'binary'), 'latin1')).to.deep.equal(hmac);
        expect(hmacOf(text, 'base64url')).to.equal(hmac.toString('base64url'));
      }
    });

  for (const salt of ['', 'alice', 'a'.repeat(65)])
    it(`derives keys as Node's HKDF-SHA-256 does, with a salt of ${salt.length} characters`, () => {
      const secret = Buffer.alloc(32, 5);
      const keyFor = createKeyDerivation(secret, salt);
      for (const purpose of ['', 'earshot book cipher', 'é'.repeat(80)])
        expect(keyFor(purpose)).to.deep.equal(Buffer.from(hkdfSync('sha256', secret, salt, purpose, 32)));
    });

  it('makes a number key of the first nine bytes', () => {
    const key = Buffer.alloc(32, 5);
    const hmac = createHmac('sha256', key).update('+4917612345678').digest();
    expect(createNumberKey(key)('+4917612345678')).to.equal(hmac.subarray(0, 9).toString('base64url'));
  });

  it('makes what stands for a subscriber of the first sixteen bytes', () => {
    const secret = Buffer.alloc(32, 5);
    const key = Buffer.from(hkdfSync('sha256', secret, '', 'earshot subjects', 32));
    const hmac = createHmac('sha256', key).update('alice').digest();
    expect(createSubjectHash(secret)('alice')).to.equal(hmac.subarray(0, 16).toString('base64url'));
  });
});

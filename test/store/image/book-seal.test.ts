import { createCipheriv, createHmac, hkdfSync } from 'node:crypto';
import { expect } from 'chai';
import { createBookSeals } from '../../../store/image/book-seal.ts';

const KEY = Buffer.alloc(32, 3);
const NUMBER = Buffer.from('012345678');
const keyOf = (purpose: string) => Buffer.from(hkdfSync('sha256', KEY, 'alice', `earshot book ${purpose}`, 32));

describe('store/image/book-seal', () => {
  for (const size of [1, 15, 16, 17, 300, 16_384])
    it(`seals ${size} bytes as HMAC-SHA-256 and AES-256 in counter mode do`, () => {
      const label = Buffer.alloc(size, 'Zoë ');
      const seal = createHmac('sha256', keyOf('seal')).update(label).digest().subarray(0, 4);
      const counter = Buffer.concat([NUMBER, seal, Buffer.alloc(3)]);
      const sealed = createCipheriv('aes-256-ctr', keyOf('cipher'), counter).update(label);
      const { seal: sealOf, open } = createBookSeals(KEY)('alice');
      const others = ['abcdefghi', NUMBER.toString('latin1'), '\u00ff'.repeat(9)];
      const text = sealOf('start', label, others)[1]?.slice(5) ?? '';
      expect(Buffer.from(text, 'latin1')).to.deep.equal(Buffer.concat([seal, sealed]));
      expect(open(NUMBER.toString('latin1'), text)).to.deep.equal(label);
    });

  it('marks a uid by its HMAC-SHA-256', () => {
    const bytes = createHmac('sha256', keyOf('uids')).update('+4917612345678').digest();
    const { head, tag } = createBookSeals(KEY)('alice').marksOf('+4917612345678');
    expect(Buffer.from(head + tag, 'latin1')).to.deep.equal(bytes.subarray(0, 8));
  });

  it('opens nothing of what is too short', () => {
    for (const text of ['', 'a', 'abc', 'abcd'])
      expect(createBookSeals(KEY)('alice').open('012345678', text)).to.equal(undefined);
  });
});

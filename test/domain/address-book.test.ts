import { expect } from 'chai';
import fc from 'fast-check';
import { type Contact, cleanContact, compareBooks } from '../../domain/address-book.ts';

const contact = fc.record<Contact>({
  name: fc.constantFrom('A', 'B'),
  groups: fc.subarray(['g']),
  numberKeys: fc.subarray(['n1', 'n2', 'n3']),
});
const book = fc
  .dictionary(fc.constantFrom('u1', 'u2', 'u3', 'u4'), contact)
  .map((entries) => new Map(Object.entries(entries)));

describe('domain/address-book', () => {
  it('finds exactly what turns one book into the other', () => {
    fc.assert(
      fc.property(book, book, (before, after) => {
        const { upsert, remove } = compareBooks(before, after);
        const result = new Map([...before, ...upsert]);
        for (const uid of remove) result.delete(uid);
        expect(Object.fromEntries(result)).to.deep.equal(Object.fromEntries(after));
      }),
    );
  });

  it('touches every number whose holder or label differs, and none when nothing does', () => {
    const labels = (one: Map<string, Contact>, key: string) =>
      [...one]
        .filter(([, { numberKeys }]) => numberKeys.includes(key))
        .map(([uid, { name, groups }]) => JSON.stringify([uid, name, groups]))
        .sort();
    fc.assert(
      fc.property(book, book, (before, after) => {
        const { touched } = compareBooks(before, after);
        for (const key of ['n1', 'n2', 'n3'])
          if (JSON.stringify(labels(before, key)) !== JSON.stringify(labels(after, key)))
            expect([...touched]).to.include(key);
        expect(compareBooks(after, after).touched.size).to.equal(0);
      }),
    );
  });

  it('says why a contact is refused', () => {
    const raw = { name: 'Bob', phoneNumbers: ['1'], groups: [] };
    expect(cleanContact({ ...raw, name: '\u0000 ' })).to.equal('The name is empty.');
    expect(cleanContact({ ...raw, name: 'x'.repeat(1025) })).to.equal('The name is longer than 1024 characters.');
    expect(cleanContact({ ...raw, uid: ' ' })).to.match(/^The uid/);
    expect(cleanContact({ ...raw, uid: 'u', groups: ['a', 'a', '\u0001'] })).to.deep.equal({
      uid: 'u',
      name: 'Bob',
      groups: ['a'],
    });
  });
});

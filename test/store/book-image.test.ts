import { expect } from 'chai';
import fc from 'fast-check';
import { type Contact, namelessUid } from '../../domain/address-book.ts';
import { changedImage, differenceOf, imageOf, labelOf } from '../../store/book-image.ts';

// The second and the third have their first two bytes in common.
const NUMBERS = ['AAAAAAAAAAAA', '__Ab________', '__A_________'];
const bytesOf = (numberKey: string) => Buffer.from(numberKey, 'base64url').toString('latin1');
const contact = fc.record<Contact>({
  name: fc.constantFrom('A', 'B'),
  groups: fc.subarray(['g']),
  numberKeys: fc.subarray(NUMBERS, { minLength: 1 }),
});
const named = fc
  .dictionary(fc.constantFrom('u1', 'u2', 'u3', 'u4'), contact)
  .map((entries) => new Map(Object.entries(entries)));
const nameless = fc
  .array(contact)
  .map((contacts) => new Map(contacts.map((one) => [namelessUid(JSON.stringify([one.name, one.numberKeys])), one])));

describe('store/book-image', () => {
  it('is the same whether a book came whole or contact by contact', () => {
    fc.assert(
      fc.property(nameless, named, named, fc.subarray(['u1', 'u2', 'u5']), (others, before, upsert, remove) => {
        const after = new Map(before);
        for (const uid of remove) after.delete(uid);
        for (const [uid, one] of upsert) after.set(uid, one);
        const changed = changedImage(imageOf(new Map([...others, ...before])), upsert, remove);
        expect(changed.after).to.deep.equal(imageOf(new Map([...others, ...after])));
        expect(before.size - changed.gone + upsert.size).to.equal(after.size);
      }),
    );
  });

  it('differs at every number whose holder or label differs, and nowhere when nothing does', () => {
    const labels = (one: Map<string, Contact>, key: string) =>
      [...one]
        .filter(([, { numberKeys }]) => numberKeys.includes(key))
        .map(([uid, { name, groups }]) => JSON.stringify([uid, name, groups]))
        .sort();
    fc.assert(
      fc.property(named, named, (before, after) => {
        const { set, unset } = differenceOf(imageOf(before).held, imageOf(after).held);
        for (const key of NUMBERS)
          expect(set.some(([number]) => number === bytesOf(key)) || unset.includes(bytesOf(key))).to.equal(
            JSON.stringify(labels(before, key)) !== JSON.stringify(labels(after, key)),
          );
      }),
    );
  });

  it('gives the name and the groups back, with a uid and without', () => {
    for (const uid of ['u', 'another', namelessUid('x')])
      for (const [name, ...groups] of [['=Bob', 'a', 'b'], ['王小明'], ['Émile', 'Équipe']] as [
        string,
        ...string[],
      ][]) {
        const { held } = imageOf(new Map([[uid, { name, groups, numberKeys: ['AAAAAAAAAAAA'] }]]));
        const value = Buffer.from(held.get(bytesOf('AAAAAAAAAAAA')) ?? '', 'latin1');
        expect(labelOf(value)).to.deep.equal({ name, groups });
      }
    expect(labelOf(null)).to.equal(undefined);
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { type Contact, namelessUid } from '../../domain/address-book.ts';
import { changedImage, differenceOf, imageOf, labelOf } from '../../store/book-image.ts';

const NUMBERS = ['n1', 'n2', 'n3'];
const contact = fc.record<Contact>({
  name: fc.constantFrom('A', 'B'),
  groups: fc.subarray(['g']),
  numberKeys: fc.subarray(NUMBERS),
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
        const whole = imageOf(new Map([...others, ...after]));
        expect(changed).to.deep.equal(whole);
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
          expect(set.some(([number]) => number === key) || unset.includes(key)).to.equal(
            JSON.stringify(labels(before, key)) !== JSON.stringify(labels(after, key)),
          );
      }),
    );
  });

  it('gives the name and the groups back, with a uid and without', () => {
    for (const uid of ['u', namelessUid('x')]) {
      const { held } = imageOf(new Map([[uid, { name: '=Bob', groups: ['a', 'b'], numberKeys: ['n'] }]]));
      expect(labelOf(held.get('n') ?? null)).to.deep.equal({ name: '=Bob', groups: ['a', 'b'] });
    }
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { type Contact, namelessUid } from '../../../domain/book/address-book.ts';
import { labelOf, labelsOf } from '../../../store/image/book-entry.ts';
import { changedImage, differenceOf, type Image, imageOf, LARGEST_IMAGE } from '../../../store/image/book-image.ts';
import { createBookSeals } from '../../../store/image/book-seal.ts';

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

const sealOf = createBookSeals(Buffer.alloc(32, 7));
const seal = sealOf('alice');
const whole = async (...books: Iterable<[string, Contact]>[]): Promise<Image> =>
  (await imageOf(seal, new Map(books.flatMap((book) => [...book])))).after;
const one = (name: string, ...groups: string[]): Contact => ({ name, groups, numberKeys: ['AAAAAAAAAAAA'] });
const at = ({ held }: Image, key = 'AAAAAAAAAAAA') => held.get(bytesOf(key)) ?? '';

describe('store/image/book-image', () => {
  it('is the same whether a book came whole or contact by contact', async () => {
    await fc.assert(
      fc.asyncProperty(
        nameless,
        named,
        named,
        fc.subarray(['u1', 'u2', 'u5']),
        async (others, before, upsert, remove) => {
          const after = new Map(before);
          for (const uid of remove) after.delete(uid);
          for (const [uid, contact] of upsert) after.set(uid, contact);
          const changed = await changedImage(seal, await whole(others, before), upsert, remove);
          expect(changed.after).to.deep.equal(await whole(others, after));
          expect(before.size - changed.gone + changed.put).to.equal(after.size);
        },
      ),
    );
  });

  it('differs at every number whose holder or label differs, and nowhere when nothing does', async () => {
    const labels = (book: Map<string, Contact>, key: string) =>
      [...book]
        .filter(([, { numberKeys }]) => numberKeys.includes(key))
        .map(([uid, { name, groups }]) => JSON.stringify([uid, name, groups]))
        .sort();
    await fc.assert(
      fc.asyncProperty(named, named, async (before, after) => {
        const { set, unset } = await differenceOf((await whole(before)).held, (await whole(after)).held);
        for (const key of NUMBERS)
          expect(set.some(([number]) => number === bytesOf(key)) || unset.includes(bytesOf(key))).to.equal(
            JSON.stringify(labels(before, key)) !== JSON.stringify(labels(after, key)),
          );
      }),
    );
  });

  it('gives the name and the groups back, with a uid and without', async () => {
    for (const uid of ['u', 'another', namelessUid('x')])
      for (const [name, ...groups] of [
        ['=Bob', 'a', 'b'],
        ['王小明'],
        ['Émile', 'Équipe'],
        [''],
        ['', 'a'],
        ['x'.repeat(40)],
        ['王'.repeat(1_024), 'g'.repeat(3_000)],
      ] as [string, ...string[]][]) {
        const value = at(await whole([[uid, one(name, ...groups)]]));
        expect(labelOf(seal, bytesOf('AAAAAAAAAAAA'), value)).to.deep.equal({ name, groups });
      }
  });

  it('names who has a number by a contact that has a name, where there is one', async () => {
    const book: [string, Contact][] = [
      ['u1', one('')],
      ['u2', one('Bob')],
      [namelessUid('x'), one('')],
      [namelessUid('y'), one('')],
    ];
    const value = at(await whole(book));
    expect(labelOf(seal, bytesOf('AAAAAAAAAAAA'), value).name).to.equal('Bob');
    expect(labelsOf(seal, bytesOf('AAAAAAAAAAAA'), value).map(({ name }) => name)).to.deep.equal(['Bob', '', '']);
  });

  it('reads the labels of one number of many contacts, but keeps no more than 64', async () => {
    const book = Array.from({ length: 20_000 }, (_, i): [string, Contact] => [`u${i}`, one(`Contact ${i}`)]);
    const { after, put } = await imageOf(seal, new Map(book));
    expect(put).to.equal(64);
    expect(labelsOf(seal, bytesOf('AAAAAAAAAAAA'), at(after))).to.have.length(64);
    expect(after.uids.size).to.equal(64);
    const again = await changedImage(seal, after, new Map(book.slice(100, 102)), ['u1']);
    expect(again).to.include({ put: 1, gone: 1 });
  });

  it('shows no name, nor that two subscribers have the same contact', async () => {
    const contact = { name: 'Robert Smith', groups: ['Family'], numberKeys: NUMBERS };
    const image = await whole([['robert@example', contact]]);
    const others = (await imageOf(sealOf('bob'), new Map([['robert@example', contact]]))).after;
    const values = [...image.held.values(), ...others.held.values()];
    expect(new Set(values.map((value) => value.slice(1 + 4 + 4))).size, 'encrypted').to.equal(6);
    expect(new Set(values.map((value) => value.slice(1, 1 + 4 + 4))).size, 'tags and seals').to.equal(2);
    for (const value of values) expect(value).to.not.match(/Robert|Smith|Family/);
    expect([...image.uids].some((record) => others.uids.has(record))).to.equal(false);
  });

  it('opens no label under another key, for another subscriber, at another number, or damaged', async () => {
    const value = at(await whole([['u', one('Bob')]]));
    const none = { name: '', groups: [] };
    for (const other of [createBookSeals(Buffer.alloc(32, 8))('alice'), sealOf('bob')])
      expect(labelOf(other, bytesOf('AAAAAAAAAAAA'), value)).to.deep.equal(none);
    expect(labelOf(seal, bytesOf('__Ab________'), value)).to.deep.equal(none);
    const damaged = value.slice(0, -1) + String.fromCharCode(value.charCodeAt(value.length - 1) ^ 1);
    expect(labelOf(seal, bytesOf('AAAAAAAAAAAA'), damaged)).to.deep.equal(none);
  });

  it('takes a value that an earlier version has stored for a contact without a name', async () => {
    for (const value of ['', 'Bob', 'Bob\u0000Family', '\u0080\u0081\u0082\u0083王', '\u00ff\u00ff\u00ff\u00ff']) {
      expect(labelOf(seal, bytesOf('AAAAAAAAAAAA'), value)).to.deep.equal({ name: '', groups: [] });
      const before = { held: new Map([[bytesOf('AAAAAAAAAAAA'), value]]), uids: new Set<string>() };
      const { after } = await changedImage(seal, before, new Map([['u', one('New')]]), []);
      expect(labelOf(seal, bytesOf('AAAAAAAAAAAA'), at(after)).name).to.equal('New');
    }
  });

  it('refuses labels that are too large at all of their numbers together', async () => {
    const keys = Array.from({ length: 5_000 }, (_, i) => `AAAAAAAA${String(i).padStart(4, '0')}`);
    const contact = { name: 'x'.repeat(LARGEST_IMAGE / 5_000), groups: [], numberKeys: keys };
    const code = await imageOf(seal, new Map([['u', contact]])).catch((err) => err.code);
    expect(code).to.equal('PAYLOAD_TOO_LARGE');
  });
});

import { expect } from 'chai';
import { cleanContact } from '../../../domain/book/address-book.ts';

describe('domain/book/address-book', () => {
  it('says why a contact is refused', () => {
    const raw = { name: 'Bob', phoneNumbers: ['1'], groups: [] };
    expect(cleanContact({ ...raw, name: 'x'.repeat(100_000) })).to.match(/^The name is longer/);
    expect(cleanContact({ ...raw, groups: ['a', 'b', 'c', 'd', 'e'].map((one) => one.repeat(1000)) })).to.match(
      /^The name and the groups/,
    );
    expect(cleanContact({ ...raw, name: 'x'.repeat(1025) })).to.equal('The name is longer than 1024 characters.');
    expect(cleanContact({ ...raw, uid: ' ' })).to.match(/^The uid/);
    expect(cleanContact({ ...raw, uid: 'u', groups: ['a', 'a', '\u0001'] })).to.deep.equal({
      uid: 'u',
      name: 'Bob',
      groups: ['a'],
    });
  });

  it('has no name for a contact that comes without one, or whose name is its number', () => {
    for (const name of [undefined, '', '\u0000 ', '+86 139-0013-9000', '(+86) 139 0013 9000'])
      expect(
        cleanContact({ ...(name === undefined ? {} : { name }), phoneNumbers: ['1', '+8613900139000'], groups: [] }),
        name,
      ).to.deep.equal({
        name: '',
        groups: [],
      });
    for (const name of ['Room 1', '12', '+8613900139001'])
      expect(cleanContact({ name, phoneNumbers: ['1', '+8613900139000'], groups: [] }), name).to.deep.equal({
        name,
        groups: [],
      });
  });
});

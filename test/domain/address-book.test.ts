import { expect } from 'chai';
import { cleanContact } from '../../domain/address-book.ts';

describe('domain/address-book', () => {
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

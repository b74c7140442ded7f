import { expect } from 'chai';
import { type Homes, hostForNew } from '../../../domain/account/homes.ts';

describe('domain/account/homes', () => {
  it('gives a new account to the home of the longest beginning that fits its number, else to the first', () => {
    const homes: Homes = [
      { host: 'op.example', ranges: [] },
      { host: 'brand.example', ranges: ['+4915', '+86'] },
      { host: 'club.example', ranges: ['+491515'] },
    ];
    const numbers = ['+4915146788794', '+4916012345678', '+491515123456', '+8613800138000'];
    expect(numbers.map((number) => hostForNew(homes, number))).to.deep.equal([
      'brand.example',
      'op.example',
      'club.example',
      'brand.example',
    ]);
  });

  it('gives it to the one that is wanted before that, as long as it is a home', () => {
    const homes: Homes = [
      { host: 'op.example', ranges: [] },
      { host: 'brand.example', ranges: ['+49'] },
    ];
    expect(hostForNew(homes, '+4915146788794', 'op.example')).to.equal('op.example');
    expect(hostForNew(homes, '+4915146788794', 'former.example')).to.equal('brand.example');
  });
});

import { expect } from 'chai';
import { covers, mayActFor, numbersWithin, RANGE, reachOf, replaceWithin } from '../../../domain/access/grant.ts';

describe('domain/access/grant', () => {
  it('reaches the numbers that begin with one of its ranges, or all when it has none', () => {
    expect(mayActFor({ ranges: ['+4915', '+86'] }, '+8613800138000')).to.equal(true);
    expect(mayActFor({ ranges: ['+4915', '+86'] }, '+4930123456')).to.equal(false);
    expect(mayActFor({ ranges: [] }, '+4930123456')).to.equal(true);
  });

  it('reaches a subscriber whole, in part or not at all, by all of its numbers', () => {
    const grant = { ranges: ['+49'] };
    expect(reachOf(grant, ['+491', '+492'])).to.equal('whole');
    expect(reachOf(grant, ['+491', '+861'])).to.equal('part');
    expect(reachOf(grant, ['+861', '+491'])).to.equal('part');
    expect(reachOf(grant, ['+861'])).to.equal('none');
    expect(reachOf({ ranges: [] }, ['+861', '+491'])).to.equal('whole');
    expect(numbersWithin(grant, ['+861', '+491', '+862', '+492'])).to.deep.equal(['+491', '+492']);
  });

  it('puts numbers in place of those that it reaches, and leaves the others where they are', () => {
    const grant = { ranges: ['+49'] };
    expect(replaceWithin(grant, ['+861', '+491'], ['+492', '+493'])).to.deep.equal(['+861', '+492', '+493']);
    expect(replaceWithin(grant, ['+491', '+861', '+492'], ['+493'])).to.deep.equal(['+493', '+861']);
    expect(replaceWithin({ ranges: [] }, ['+491', '+861'], ['+33'])).to.deep.equal(['+33']);
  });

  it('reaches a phone by each form of its number, and by no form of another country', () => {
    for (const number of ['+541123456789', '+5491123456789'])
      for (const range of ['+5411', '+54911', '+54'])
        expect(mayActFor({ ranges: [range] }, number), `${range} of ${number}`).to.equal(true);
    for (const number of ['+38344123456', '+37744123456']) {
      expect(mayActFor({ ranges: ['+383'] }, number)).to.equal(true);
      expect(mayActFor({ ranges: ['+377'] }, number)).to.equal(false);
    }
    const own = { scopes: ['tokens:write'], ranges: ['+24166'] } as const;
    expect(covers(own, { ...own, ranges: ['+2416809073'] }), 'a range that looks like a former number').to.equal(false);
  });

  it('covers what allows no more, in scopes and in ranges', () => {
    const outer = { scopes: ['tokens:write', 'imports:write'], ranges: ['+86'] } as const;
    expect(covers(outer, { scopes: ['tokens:write'], ranges: ['+8613'] })).to.equal(true);
    expect(covers(outer, { scopes: ['tokens:write'], ranges: ['+8613', '+49'] })).to.equal(false);
    expect(covers(outer, { scopes: ['tokens:write'], ranges: ['+8'] })).to.equal(false);
    expect(covers(outer, { scopes: ['tokens:write'], ranges: [] }), 'every number is more than some').to.equal(false);
    expect(covers(outer, { scopes: ['audit:read'], ranges: ['+86'] })).to.equal(false);
    expect(covers({ ...outer, ranges: [] }, { scopes: ['tokens:write'], ranges: [] })).to.equal(true);
  });

  it('covers what ends no later, where it ends', () => {
    const forever = { scopes: ['tokens:write'], ranges: ['+86'] } as const;
    const [short, long] = [
      { ...forever, expiresAt: 1_000 },
      { ...forever, expiresAt: 2_000 },
    ];
    expect(covers(short, short)).to.equal(true);
    expect(covers(long, short)).to.equal(true);
    expect(covers(short, long)).to.equal(false);
    expect(covers(short, forever), 'never is later than any time').to.equal(false);
    expect(covers(forever, short)).to.equal(true);
  });

  it('covers what is of the same home, where it has one', () => {
    const [scopes, ranges] = [['tokens:write'], ['+86']] as const;
    const brand = { scopes, ranges, home: 'brand.example' };
    expect(covers(brand, brand)).to.equal(true);
    expect(covers(brand, { ...brand, home: 'op.example' })).to.equal(false);
    expect(covers(brand, { scopes, ranges }), 'any home is more than one').to.equal(false);
    expect(covers({ scopes, ranges }, brand)).to.equal(true);
  });

  const isRange = (text: string) => RANGE.test(text);

  it('knows a range from what is none', () => {
    expect(['+1', '+4915', '+861380013800099'].filter(isRange)).to.have.length(3);
    expect(['', '+', '86', '+0', '+86 13', '+86*', '+8613800138000999'].filter(isRange)).to.deep.equal([]);
  });
});

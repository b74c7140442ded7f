import { expect } from 'chai';
import fc from 'fast-check';
import { associated, type End } from '../../domain/association.ts';

const end = fc.record<End>({ present: fc.boolean(), holdsOther: fc.boolean(), declinedOther: fc.boolean() });
const policy = fc.constantFrom('mutual' as const, 'either' as const);

describe('domain/association', () => {
  it('decides alike from both ends', () => {
    fc.assert(fc.property(end, end, policy, (a, b, which) => associated(a, b, which) === associated(b, a, which)));
  });

  it('never goes against a no, and never makes a friend of somebody who is not there', () => {
    fc.assert(
      fc.property(
        end,
        end,
        policy,
        (a, b, which) =>
          !associated({ ...a, declinedOther: true }, b, which) && !associated(a, { ...b, present: false }, which),
      ),
    );
  });

  it('asks both books under mutual, one under either', () => {
    const holds: End = { present: true, holdsOther: true, declinedOther: false };
    const holdsNot: End = { ...holds, holdsOther: false };
    expect(associated(holds, holds, 'mutual')).to.equal(true);
    expect(associated(holds, holdsNot, 'mutual')).to.equal(false);
    expect(associated(holds, holdsNot, 'either')).to.equal(true);
    expect(associated(holdsNot, holdsNot, 'either')).to.equal(false);
  });
});

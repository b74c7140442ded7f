import { expect } from 'chai';
import fc from 'fast-check';
import { associated, barred, type End } from '../../../domain/friendship/association.ts';

const end: fc.Arbitrary<End> = fc.record({
  present: fc.boolean(),
  discoverable: fc.boolean(),
  holdsOther: fc.boolean(),
  declinedOther: fc.boolean(),
  blocksOther: fc.boolean(),
});
const policy = fc.constantFrom('mutual' as const, 'either' as const);

describe('domain/friendship/association', () => {
  it('decides alike from both ends', () => {
    fc.assert(
      fc.property(
        end,
        end,
        policy,
        (a, b, which) => associated(a, b, which) === associated(b, a, which) && barred(a, b) === barred(b, a),
      ),
    );
  });

  it('never goes against a no, a block or a wish not to be found, and never makes a friend of somebody who is not there', () => {
    const never: Partial<End>[] = [
      { declinedOther: true },
      { blocksOther: true },
      { discoverable: false },
      { present: false },
    ];
    fc.assert(
      fc.property(end, end, policy, fc.constantFrom(...never), (a, b, which, no) => {
        return !associated({ ...a, ...no }, b, which) && !associated(a, { ...b, ...no }, which);
      }),
    );
  });

  it('bars a pair by a block of either one, and by nothing else', () => {
    fc.assert(
      fc.property(end, end, (a, b) => barred(a, b) === (a.present && b.present && (a.blocksOther || b.blocksOther))),
    );
  });

  it('asks both books under mutual, one under either', () => {
    const holds: End = {
      present: true,
      discoverable: true,
      holdsOther: true,
      declinedOther: false,
      blocksOther: false,
    };
    const holdsNot: End = { ...holds, holdsOther: false };
    expect(associated(holds, holds, 'mutual')).to.equal(true);
    expect(associated(holds, holdsNot, 'mutual')).to.equal(false);
    expect(associated(holds, holdsNot, 'either')).to.equal(true);
    expect(associated(holdsNot, holdsNot, 'either')).to.equal(false);
  });
});

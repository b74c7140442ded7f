import { expect } from 'chai';
import { checkOf } from '../../../gateway/http/schema-check.ts';
import { schemaWords } from '../../../gateway/http/schema-words.ts';
import { PrivacyBody } from '../../../gateway/schemas/privacy.ts';

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null };
const somebody = { phoneNumber: '+8613800138000' };

describe('gateway/http/schema-check', () => {
  const check = checkOf(PrivacyBody);
  const said = (body: unknown) => (check.fits(body) ? undefined : schemaWords(check.faults(body), 'body'));

  it('says of each list which of its items is the first that does not fit, by its place', () => {
    const blocked = [...Array(998).fill(somebody), { phoneNumber: 3 }, {}];
    expect(said({ ...OPEN, blocked })).to.equal('blocked.998.phoneNumber must be a string.');
    expect(said({ ...OPEN, blocked: [], audience: { groups: ['a', 'b', ''] } })).to.equal(
      'audience.groups.2 must not be empty.',
    );
    expect(said({ ...OPEN, blocked: [1], audience: { groups: [2] } })).to.equal(
      'audience.groups.0 must be a string. blocked.0 must be an object.',
    );
    expect(said({ ...OPEN, blocked: [somebody] })).to.equal(undefined);
  });

  it('says of a list that is too long that it is, and of everything beside it what is wrong', () => {
    const blocked = Array(1_001).fill(somebody);
    expect(said({ ...OPEN, blocked })).to.equal('blocked must have at most 1000 entries.');
    expect(said({ ...OPEN, blocked, more: 1, discoverable: 'x' })).to.contain('discoverable must be true or false.');
  });

  it('looks at what fits no closer than to see that it does', () => {
    let looks = 0;
    const watched = () =>
      Object.defineProperty({}, 'phoneNumber', {
        enumerable: true,
        get() {
          looks += 1;
          return somebody.phoneNumber;
        },
      });
    const body = { ...OPEN, blocked: [...Array.from({ length: 1_800 }, watched), {}] };
    expect(check.fits(body)).to.equal(false);
    const once = looks;
    check.faults(body);
    expect(looks).to.be.at.most(3 * once);
  });
});

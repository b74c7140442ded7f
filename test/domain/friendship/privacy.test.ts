import { expect } from 'chai';
import fc from 'fast-check';
import {
  accessChanges,
  accessOf,
  MODEL,
  type NodeAccess,
  narrows,
  UNKNOWN,
} from '../../../domain/friendship/node-access.ts';
import { type Audience, endOfPrivacy, maySee, OPEN, type Privacy, shares } from '../../../domain/friendship/privacy.ts';

const NOW = 1_800_000_000_000;
const GROUPS = ['Family', 'Work', 'Band'];
const groups = fc.uniqueArray(fc.constantFrom(...GROUPS));
const privacy: fc.Arbitrary<Privacy> = fc.record({
  discoverable: fc.boolean(),
  audience: fc.oneof(
    fc.constantFrom('friends' as const, 'nobody' as const),
    groups.map((chosen) => ({ groups: chosen })),
  ),
  privateUntil: fc.constantFrom(null, NOW - 1, NOW, NOW + 1),
});
const JIDS = ['a@x', 'b@x', 'c@x', 'd@x'];
const friends = fc
  .uniqueArray(fc.constantFrom(...JIDS))
  .chain((jids) => fc.tuple(...jids.map((jid) => groups.map((inGroups) => ({ jid, groups: inGroups })))));
const barred = fc.uniqueArray(fc.constantFrom(...JIDS));

/** Whom it is shown to at `NOW`. */
const audienceOf = (one: Privacy): Audience => (shares(one, NOW) ? one.audience : 'nobody');

/** Whether the server shows the node to that JID, a contact of the user; what nobody knows may be anything. */
function mayBeSeen(access: NodeAccess, jid: string): boolean {
  const affiliation = access.get(jid);
  if (affiliation === 'outcast') return false;
  if (affiliation === 'member' || affiliation === UNKNOWN) return true;
  return access.get(MODEL) !== 'whitelist';
}

describe('domain/friendship/privacy', () => {
  it('shows nothing to anybody who is no friend, and nothing at all while hidden, private, or for nobody', () => {
    fc.assert(fc.property(privacy, (one) => !maySee(one, undefined, NOW)));
    for (const closed of [{ discoverable: false }, { audience: 'nobody' as const }, { privateUntil: NOW + 1 }]) {
      expect(shares({ ...OPEN, ...closed }, NOW)).to.equal(false);
      expect(maySee({ ...OPEN, ...closed }, { groups: GROUPS }, NOW)).to.equal(false);
    }
    expect(maySee(OPEN, { groups: [] }, NOW)).to.equal(true);
  });

  it('shows chosen groups what plays, and nobody else', () => {
    const family: Privacy = { ...OPEN, audience: { groups: ['Family', 'Band'] } };
    expect(maySee(family, { groups: ['Work', 'Band'] }, NOW)).to.equal(true);
    expect(maySee(family, { groups: ['Work'] }, NOW)).to.equal(false);
    expect(maySee(family, { groups: [] }, NOW)).to.equal(false);
    expect(maySee({ ...OPEN, audience: { groups: [] } }, { groups: GROUPS }, NOW)).to.equal(false);
  });

  it('knows when a private session ends, unless something else would go on hiding the tune', () => {
    const until = NOW + 60_000;
    expect(endOfPrivacy({ ...OPEN, privateUntil: until }, NOW)).to.equal(until);
    expect(shares({ ...OPEN, privateUntil: until }, until)).to.equal(true);
    expect(endOfPrivacy({ ...OPEN, privateUntil: until }, until)).to.equal(undefined);
    expect(endOfPrivacy({ ...OPEN, audience: 'nobody', privateUntil: until }, NOW)).to.equal(undefined);
    expect(endOfPrivacy(OPEN, NOW)).to.equal(undefined);
  });
});

describe('domain/friendship/node-access', () => {
  it('lets a friend see the node if and only if the one rule does, and never who is barred', () => {
    fc.assert(
      fc.property(privacy, friends, barred, (one, list, out) => {
        const access = accessOf(audienceOf(one), list, out);
        return list.every(({ jid, groups: inGroups }) => {
          if (out.includes(jid)) return !mayBeSeen(access, jid);
          return mayBeSeen(access, jid) === maySee(one, { groups: inGroups }, NOW);
        });
      }),
    );
  });

  it('does so, and hides it from who is barred, also where outcasts of an open node see it', () => {
    fc.assert(
      fc.property(privacy, friends, barred, (one, list, out) => {
        const access = accessOf(audienceOf(one), list, out, false);
        const seen = JIDS.filter((jid) => access.get(MODEL) === 'presence' || access.get(jid) === 'member');
        const friend = (jid: string) => list.find((each) => each.jid === jid);
        return JIDS.every((jid) => {
          if (out.includes(jid)) return !seen.includes(jid);
          const groups = friend(jid)?.groups;
          return groups === undefined || seen.includes(jid) === maySee(one, { groups }, NOW);
        });
      }),
    );
  });

  it('is what is wanted once the changes are told, and then there is nothing to change', () => {
    fc.assert(
      fc.property(privacy, friends, barred, privacy, friends, barred, (a, listA, outA, b, listB, outB) => {
        const [known, wanted] = [new Map(accessOf(audienceOf(a), listA, outA)), accessOf(audienceOf(b), listB, outB)];
        for (const [field, value] of accessChanges(known, wanted))
          if (value === 'none') known.delete(field);
          else known.set(field, value);
        expect(known).to.deep.equal(wanted);
        expect(accessChanges(known, wanted)).to.be.empty;
      }),
    );
  });

  it('calls every change narrower that takes the node from somebody, also from who may only perhaps have seen it', () => {
    const unknown = fc.array(fc.constantFrom(MODEL, ...JIDS));
    fc.assert(
      fc.property(
        privacy,
        friends,
        barred,
        privacy,
        friends,
        barred,
        unknown,
        (a, listA, outA, b, listB, outB, lost) => {
          const known = new Map(accessOf(audienceOf(a), listA, outA));
          for (const field of lost) known.set(field, UNKNOWN);
          const wanted = accessOf(audienceOf(b), listB, outB);
          const loses = JIDS.some((jid) => mayBeSeen(known, jid) && !mayBeSeen(wanted, jid));
          return !loses || narrows(known, wanted);
        },
      ),
    );
    expect(narrows(new Map(), new Map([[MODEL, 'presence']])), 'nothing changes').to.equal(false);
    expect(narrows(new Map([['a@x', 'outcast']]), new Map()), 'somebody may see it again').to.equal(false);
  });
});

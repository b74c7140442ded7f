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
const blocks = fc.boolean();

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
  it('lets a friend see the node if and only if the one rule does, and no other contact where anybody is blocked', () => {
    fc.assert(
      fc.property(privacy, friends, blocks, (one, list, blocksAny) => {
        const access = accessOf(audienceOf(one), list, blocksAny);
        return JIDS.every((jid) => {
          const friend = list.find((each) => each.jid === jid);
          if (friend) return mayBeSeen(access, jid) === maySee(one, { groups: friend.groups }, NOW);
          return !blocksAny || !mayBeSeen(access, jid);
        });
      }),
    );
  });

  it('names nobody but friends: who is blocked may be known to the user by a number alone', () => {
    fc.assert(
      fc.property(privacy, friends, blocks, (one, list, blocksAny) => {
        const named = [...accessOf(audienceOf(one), list, blocksAny).keys()].filter((field) => field !== MODEL);
        return named.every((jid) => list.some((friend) => friend.jid === jid));
      }),
    );
  });

  it('is what is wanted once the changes are told, and then there is nothing to change', () => {
    fc.assert(
      fc.property(privacy, friends, blocks, privacy, friends, blocks, (a, listA, outA, b, listB, outB) => {
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
        blocks,
        privacy,
        friends,
        blocks,
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

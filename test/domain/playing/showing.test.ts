import { expect } from 'chai';
import fc from 'fast-check';
import { type Audience, maySee, OPEN, type Privacy } from '../../../domain/friendship/privacy.ts';
import { type Basis, decideShowing, visibleTo, visibleToFriend } from '../../../domain/playing/showing.ts';
import { byThisClock, lastTold, NOTHING_TOLD, shownBy, type Told, tellingTime } from '../../../domain/playing/told.ts';
import { fingerprint, type Playing } from '../../../domain/playing/tune.ts';

const NOW = 1_800_000_000_000;
const FAMILY: Audience = { groups: ['Family'] };
const HOUR = NOW + 3_600_000;

const playing = (device: string, since: number, expiresAt: number): Playing => ({
  device,
  tune: { kind: 'audio', title: device },
  since,
  expiresAt,
});
const PHONE = playing('phone', NOW - 2_000, NOW + 60_000);
const TV = playing('tv', NOW - 1_000, NOW + 9_000);
const OVER = playing('car', NOW - 500, NOW);

const basis = (changes: Partial<Basis> & { settings?: Partial<Privacy> } = {}): Basis => {
  const { settings, ...others } = changes;
  const privacy = { ...OPEN, ...settings };
  return { state: 'active', devices: [PHONE, TV, OVER], privacy, parting: false, barred: false, ...others };
};

/** What outlets of each reach show, and a friend who stands in no group and one of the family, in that order. */
function seen(changes: Parameters<typeof basis>[0]) {
  const showing = decideShowing(basis(changes), NOW);
  const friends = [[], ['Family']].map((groups) => visibleToFriend(showing, { groups }));
  const outlets = (['each-friend', 'everybody', 'trusted'] as const).map((reach) => visibleTo(showing, reach));
  return [...outlets, ...friends].map((one) => one?.device ?? '-').join(' ');
}

describe('domain/showing', () => {
  const rows: [what: string, changes: Parameters<typeof basis>[0], seen: string][] = [
    ['all friends', {}, 'tv tv tv tv tv'],
    ['nothing that is over', { devices: [OVER] }, '- - - - -'],
    ['nobody while it is hidden', { settings: { discoverable: false } }, '- - - - -'],
    ['nobody by choice', { settings: { audience: 'nobody' } }, '- - - - -'],
    ['nobody in a private session', { settings: { privateUntil: HOUR } }, '- - - - -'],
    ['all friends once that is over', { settings: { privateUntil: NOW } }, 'tv tv tv tv tv'],
    ['chosen groups, and who cannot tell friends apart nothing', { settings: { audience: FAMILY } }, 'tv - tv - tv'],
    ['who cannot tell friends apart nothing while one is barred', { barred: true }, 'tv - tv tv tv'],
    ['nothing where a screen has to be cleared while somebody parts', { parting: true }, '- tv tv tv tv'],
    [
      'who cannot tell friends apart nothing where who parts is barred',
      { parting: true, barred: true },
      '- - tv tv tv',
    ],
    ['nobody when it leaves', { state: 'leaving' }, '- - - - -'],
    ['nobody before its account is there', { state: 'pending' }, '- - - - -'],
    ['nobody when it is gone', { state: undefined }, '- - - - -'],
  ];
  for (const [what, changes, expected] of rows) it(`shows ${what}`, () => expect(seen(changes)).to.equal(expected));

  it('shows a friend what the one rule of consent says, and who is no friend nothing', () => {
    const groups = fc.uniqueArray(fc.constantFrom('Family', 'Work', 'Band'));
    const audience = fc.oneof(
      fc.constantFrom('friends' as const, 'nobody' as const),
      groups.map((chosen) => ({ groups: chosen })),
    );
    const privateUntil = fc.constantFrom(null, NOW - 1, NOW, NOW + 1);
    fc.assert(
      fc.property(fc.record({ discoverable: fc.boolean(), audience, privateUntil }), groups, (settings, inGroups) => {
        const showing = decideShowing(basis({ settings }), NOW);
        expect(visibleToFriend(showing, undefined)).to.equal(undefined);
        const shown = visibleToFriend(showing, { groups: inGroups }) !== undefined;
        expect(shown).to.equal(maySee(settings, { groups: inGroups }, NOW));
        // Whoever cannot tell friends apart never shows what one of them may not see.
        if (!shown) expect(visibleTo(showing, 'everybody')).to.equal(undefined);
      }),
    );
  });

  it('holds until the first tune runs out, and says which are over', () => {
    expect(decideShowing(basis(), NOW)).to.include({ until: TV.expiresAt, audienceUntil: undefined });
    expect(decideShowing(basis(), NOW).ranOut).to.deep.equal(['car']);
    expect(decideShowing(basis({ devices: [OVER] }), NOW).until).to.equal(undefined);
  });

  it('holds until a private session ends, whether anything plays or not, but not for somebody who leaves', () => {
    const until = (changes: Parameters<typeof basis>[0]) => {
      const showing = decideShowing(basis({ devices: [], settings: { privateUntil: HOUR }, ...changes }), NOW);
      return [showing.audienceUntil, showing.until];
    };
    expect(until({})).to.deep.equal([HOUR, HOUR]);
    expect(until({ devices: [PHONE] })).to.deep.equal([HOUR, PHONE.expiresAt]);
    expect(until({ settings: { privateUntil: HOUR, audience: 'nobody' } })).to.deep.equal([undefined, undefined]);
    expect(until({ state: 'leaving' })).to.deep.equal([undefined, undefined]);
  });

  it('holds only a moment while somebody parts', () => {
    const { audienceUntil, until } = decideShowing(basis({ devices: [], parting: true }), NOW);
    expect(until)
      .to.equal(audienceUntil)
      .and.to.be.within(NOW + 1, NOW + 10_000);
  });
});

describe('domain/told', () => {
  const told: Told = { state: 'told', fingerprint: fingerprint(PHONE.tune), at: NOW, address: 'a@x' };

  it('knows what is shown, but not while something is on its way', () => {
    expect(shownBy(told)).to.equal(fingerprint(PHONE.tune));
    expect(shownBy(NOTHING_TOLD)).to.equal('');
    expect(shownBy({ state: 'hidden', at: NOW, address: 'a@x' })).to.equal('');
    expect(shownBy({ state: 'unknown', address: 'a@x' })).to.equal(undefined);
    expect(shownBy({ state: 'heard', fingerprint: 'of their own', address: 'a@x' })).to.equal('of their own');
  });

  it('is in doubt after something else was played, which waits for the interval as ever', () => {
    const doubted: Told = { ...told, state: 'doubted' };
    expect(shownBy(doubted)).to.equal(undefined);
    expect(lastTold(doubted)).to.equal(fingerprint(PHONE.tune));
    expect(tellingTime(doubted, TV.tune, 5_000)).to.equal(NOW + 5_000);
    expect(tellingTime(doubted, undefined, 5_000)).to.be.lessThan(NOW);
  });

  it('was told long ago what it was told by a clock that was put back since', () => {
    const refreshed: Told = { ...told, again: NOW + 10_000 };
    expect(byThisClock(refreshed, NOW)).to.equal(refreshed);
    expect(byThisClock(refreshed, NOW - 1)).to.deep.equal({ ...refreshed, at: 0, again: 0 });
    expect(byThisClock(NOTHING_TOLD, 0)).to.equal(NOTHING_TOLD);
    const doubted: Told = { ...told, state: 'doubted' };
    expect(tellingTime(byThisClock(doubted, NOW - 1), TV.tune, 5_000)).to.be.lessThan(NOW - 1);
  });

  it('lets a tune wait for the interval, a stop never, nor a tune after what was only hidden, got lost, or was published by the user’s own client', () => {
    expect(tellingTime(told, TV.tune, 5_000)).to.equal(NOW + 5_000);
    expect(tellingTime({ ...told, fingerprint: '' }, TV.tune, 5_000)).to.equal(NOW + 5_000);
    expect(tellingTime(told, undefined, 5_000)).to.be.lessThan(NOW);
    const others: Told[] = [
      { state: 'hidden', at: NOW, address: 'a@x' },
      { state: 'unknown', address: 'a@x' },
      { state: 'heard', fingerprint: fingerprint(PHONE.tune), address: 'a@x' },
    ];
    for (const other of others) expect(tellingTime(other, TV.tune, 5_000), other.state).to.be.lessThan(NOW);
    expect(tellingTime(NOTHING_TOLD, TV.tune, 5_000)).to.be.lessThan(NOW);
  });
});

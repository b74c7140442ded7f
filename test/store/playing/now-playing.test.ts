import { expect } from 'chai';
import { OPEN } from '../../../domain/friendship/privacy.ts';
import { currentOf, type Playing } from '../../../domain/playing/tune.ts';
import { MOST_DEVICES } from '../../../store/playing/now-playing.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = 1_700_000_000_000;
const LONG = 'x'.repeat(1_024);

describe('store/playing/now-playing', () => {
  const server = useRedis();

  /** The longest that one device may say. */
  function playing(device: string, since: number): Playing {
    const tune = { kind: 'audio' as const, title: LONG, artist: LONG, source: LONG, track: LONG, uri: LONG };
    return { device, tune, since, expiresAt: since + 600_000 };
  }

  it('keeps the devices that began last, however many begin at once, so that friends read no more than these', async () => {
    const { nowPlaying, keys } = server.freshStores();
    const all = Array.from({ length: 540 }, (_, i) => playing(`device-${i}`, NOW + i));
    await Promise.all(all.map((one) => nowPlaying.play('alice', one, NOW)));
    const { devices } = await nowPlaying.read('alice');
    expect(devices.map(({ device }) => device)).to.have.members(all.slice(-MOST_DEVICES).map(({ device }) => device));
    expect(currentOf(devices, NOW)?.device).to.equal('device-539');
    const bytes = Object.values(await server.redis.hGetAll(keys.playing('alice'))).join('').length;
    expect(bytes).to.be.below((MOST_DEVICES + 1) * 6_000);
  });

  it('makes room for the user’s own client too, and drops nothing for what goes on', async () => {
    const { nowPlaying, keys } = server.freshStores();
    await server.redis.hSet(keys.subscriber('alice'), 'state', 'active');
    const devices = async () => (await nowPlaying.read('alice')).devices.map(({ device }) => device);
    for (let i = 1; i <= MOST_DEVICES; i += 1) await nowPlaying.play('alice', playing(`device-${i}`, NOW + i), NOW);
    await nowPlaying.play('alice', { ...playing('device-1', NOW + 1), expiresAt: NOW + 900_000 }, NOW);
    expect(await devices())
      .to.have.length(MOST_DEVICES)
      .and.to.include('device-1');
    await nowPlaying.publishedByOwner('alice', 'xmpp', 'xmpp', playing('xmpp', NOW + 99), 'it', NOW);
    expect(await devices())
      .to.have.length(MOST_DEVICES)
      .and.to.include('xmpp')
      .and.not.to.include('device-1');
  });

  it('stores what was decided without a look only where all is as usual', async () => {
    const { nowPlaying, privacies, keys } = server.freshStores();
    const one = (device: string, title: string, since: number): Playing => ({
      ...{ device, tune: { kind: 'audio', title }, since, expiresAt: since + 60_000 },
    });
    const shown = (playing: Playing) => ({ playing, privacy: OPEN });
    const playIfUsual = (playing: Playing) =>
      nowPlaying.play('alice', playing, playing.since, { shown: shown(playing), ifUsual: true });
    const titles = async () => (await nowPlaying.read('alice')).devices.map(({ tune }) => tune.title);
    expect(await playIfUsual(one('phone', 'Of nobody', NOW))).to.equal(false);
    await server.redis.hSet(keys.subscriber('alice'), 'state', 'pending');
    expect(await playIfUsual(one('phone', 'Of who is pending', NOW))).to.equal(false);
    expect([
      await server.redis.exists(keys.playing('alice')),
      await server.redis.exists(keys.recent('alice')),
    ]).to.deep.equal([0, 0]);
    await server.redis.hSet(keys.subscriber('alice'), 'state', 'active');
    expect(await playIfUsual(one('phone', 'A "quoted" \\ one', NOW))).to.equal(true);
    expect(await playIfUsual(one('phone', 'A "quoted" \\ one', NOW + 1)), 'the same goes on').to.equal(false);
    expect(await playIfUsual(one('phone', 'Next', NOW + 2))).to.equal(true);
    expect(await playIfUsual(one('tv', 'Beside it', NOW + 3))).to.equal(true);
    expect(await playIfUsual(one('phone', 'Before that', NOW + 2)), 'another device began later').to.equal(false);
    expect(await titles()).to.have.members(['Next', 'Beside it']);
    await privacies.put('alice', { ...OPEN, audience: 'nobody' }, [], undefined, NOW + 4);
    expect(await playIfUsual(one('phone', 'Kept to herself', NOW + 5))).to.equal(false);
    await privacies.put('alice', { ...OPEN, privateUntil: NOW + 6 }, [], undefined, NOW + 4);
    expect(await playIfUsual(one('phone', 'After a private session', NOW + 7))).to.equal(false);
    expect(await titles()).to.have.members(['Next', 'Beside it']);
    await privacies.put('alice', OPEN, [], undefined, NOW + 8);
    expect(await playIfUsual(one('phone', 'For friends', NOW + 9))).to.equal(true);
    await server.redis.hSet(
      keys.playing('alice'),
      'device:old',
      JSON.stringify(one('old', 'Of an earlier version', NOW)),
    );
    expect(await playIfUsual(one('phone', 'When did that begin', NOW + 10))).to.equal(false);
  });

  it('reads what an earlier version has written, and lets it go first', async () => {
    const { nowPlaying, keys } = server.freshStores();
    await server.redis.hSet(keys.playing('alice'), 'device:old', JSON.stringify(playing('old', NOW)));
    expect((await nowPlaying.read('alice')).devices[0]?.since).to.equal(NOW);
    for (let i = 1; i <= MOST_DEVICES; i += 1) await nowPlaying.play('alice', playing(`device-${i}`, NOW - i), NOW);
    const { devices } = await nowPlaying.read('alice');
    expect(devices.map(({ device }) => device))
      .to.have.length(MOST_DEVICES)
      .and.not.to.include('old');
  });
});

import { expect } from 'chai';
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

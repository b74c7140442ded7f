import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { type ApplicationPassword, makePassword, nowPlaying, request } from '../../support/players/players.ts';
import { useStack } from '../../support/stack.ts';

describe('Web Scrobbler’s webhook', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let made: ApplicationPassword;

  const send = (body: unknown, path = made.webhookPath) =>
    request(stack.gatewayUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  /** An event as the extension builds it (webhook-scrobbler.ts, version 3). */
  const event = (eventName: string, track: string | null, rest: object = {}) => ({
    eventName,
    time: Date.now(),
    data: {
      song: {
        parsed: {
          track,
          artist: 'Bjork',
          albumArtist: null,
          album: null,
          duration: 305.4,
          uniqueID: 'abc',
          currentTime: 3,
          isPlaying: true,
          trackArt: null,
          isPodcast: false,
          originUrl: 'https://www.youtube.com/watch?v=abc',
        },
        processed: { track: null, artist: 'Björk', albumArtist: null, album: 'Homogenic', duration: null },
        noRegex: { track, artist: 'Bjork', albumArtist: null, album: null, duration: null },
        flags: { isScrobbled: false, isValid: true },
        metadata: { label: 'YouTube', startTimestamp: 1_700_000_000 },
        connector: { label: 'YouTube', matches: ['*://www.youtube.com/*'], js: 'youtube.js', id: 'youtube' },
        controllerTabId: 7,
        ...rest,
      },
    },
  });

  before(async () => {
    alice = await api.join('+8613800138000');
    made = await makePassword(api, alice, 'Browser');
  });

  beforeEach(async () => {
    await api.stop(alice);
  });

  it('shows a track, stops at a pause, goes on, and takes a scrobble for nothing', async () => {
    const shown = {
      kind: 'audio',
      title: 'Jóga',
      artist: 'Björk',
      source: 'Homogenic',
      length: 305,
      uri: 'https://www.youtube.com/watch?v=abc',
      device: `web-scrobbler-${made.applicationPasswordId}`,
      player: 'YouTube',
      shared: true,
    };
    const { status, text, headers } = await send(event('nowplaying', 'Jóga'));
    expect([status, text]).to.deep.equal([200, '{"status":"ok"}']);
    expect(headers.get('access-control-allow-origin')).to.equal('*');
    expect(await nowPlaying(api, alice)).to.deep.equal(shown);
    expect((await send(event('paused', 'Jóga'))).status).to.equal(200);
    expect(await nowPlaying(api, alice)).to.equal(undefined);
    expect((await send(event('resumedplaying', 'Jóga'))).status).to.equal(200);
    expect(await nowPlaying(api, alice)).to.deep.equal(shown);
    for (const other of ['scrobble', 'loved', 'somethingNew'])
      expect((await send(event(other, 'Another'))).status).to.equal(200);
    expect(await nowPlaying(api, alice)).to.deep.equal(shown);
  });

  it('is shown where in the track it is', async () => {
    const before = Date.now();
    await send(event('resumedplaying', 'Jóga'));
    const after = Date.now();
    const { body } = await api.call('GET', api.path(alice, 'now-playing'));
    const [since, end] = [body.since, body.expiresAt].map((time) => Date.parse(String(time)));
    expect(since).to.be.within(before - 3_000, after - 3_000);
    expect(Number(end) - Number(since)).to.equal(310_000);
  });

  it('pauses its own only', async () => {
    await send(event('nowplaying', 'In the browser'));
    await api.play(alice, { title: 'On the phone', device: 'phone' });
    await send(event('paused', 'In the browser'));
    expect((await nowPlaying(api, alice))?.title).to.equal('On the phone');
    await send(event('resumedplaying', 'In the browser'));
    expect((await nowPlaying(api, alice))?.title).to.equal('In the browser');
    await send(event('paused', 'In the browser'));
    expect((await nowPlaying(api, alice))?.title).to.equal('On the phone');
  });

  it('is found by its address only, which dies with the password', async () => {
    for (const session of ['x'.repeat(32), made.password, 'y'.repeat(90)])
      expect((await send(event('nowplaying', 'x'), `/web-scrobbler/${session}`)).status).to.equal(404);
    const preflight = await request(stack.gatewayUrl + made.webhookPath, { method: 'OPTIONS' });
    expect(preflight.status).to.equal(204);
    const second = await makePassword(api, alice, 'Old browser');
    expect((await send(event('nowplaying', 'x'), second.webhookPath)).status).to.equal(200);
    await api.expectStatus(
      204,
      api.call('DELETE', api.path(alice, `application-passwords/${second.applicationPasswordId}`)),
    );
    expect((await send(event('nowplaying', 'x'), second.webhookPath)).status).to.equal(404);
    expect(await nowPlaying(api, alice)).to.equal(undefined);
  });

  it('refuses what is no event, and changes nothing', async () => {
    for (const body of [{}, [], 'text', null, { eventName: 'nowplaying' }, event('nowplaying', null)])
      expect((await send(body)).status, JSON.stringify(body)).to.equal(400);
    expect(await nowPlaying(api, alice)).to.equal(undefined);
  });
});

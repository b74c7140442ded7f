import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { type ApplicationPassword, makePassword, md5, nowPlaying, request } from '../../support/players/players.ts';
import { useStack } from '../../support/stack.ts';

describe('Last.fm 2.0', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let made: ApplicationPassword;

  const call = async (method: string, fields: Record<string, string>, without: string[] = []) => {
    const all = { method, format: 'json', api_key: 'k'.repeat(32), api_sig: md5('anything'), ...fields };
    const given = Object.entries(all).filter(([name]) => !without.includes(name));
    const { status, text } = await request(`${stack.gatewayUrl}/2.0/`, {
      method: 'POST',
      body: new URLSearchParams(given),
    });
    return { status, body: JSON.parse(text) };
  };
  const logIn = (fields: Record<string, string> = {}) =>
    call('auth.getMobileSession', { username: made.username, password: made.password, ...fields });
  const key = async () => (await logIn()).body.session.key as string;

  before(async () => {
    alice = await api.join('+8613800138000');
    made = await makePassword(api, alice, 'Phone');
  });

  beforeEach(async () => {
    await api.stop(alice);
  });

  it('gives a session for name and password, or for their digest', async () => {
    const { status, body } = await logIn();
    expect(status).to.equal(200);
    expect(body.session).to.include({ subscriber: 0, name: alice.id });
    const authToken = md5(made.username + md5(made.password));
    const older = await call('auth.getMobileSession', { username: made.username, authToken });
    expect(older.body).to.deep.equal(body);
  });

  it('shows what is playing now, and echoes it as players want it', async () => {
    const { status, body } = await call('track.updateNowPlaying', {
      sk: await key(),
      artist: 'Björk',
      track: 'Jóga',
      album: 'Homogenic',
      albumArtist: 'Björk',
      trackNumber: '2',
      duration: '305',
    });
    expect(status).to.equal(200);
    expect(body).to.deep.equal({
      nowplaying: {
        artist: { corrected: '0', '#text': 'Björk' },
        track: { corrected: '0', '#text': 'Jóga' },
        album: { corrected: '0', '#text': 'Homogenic' },
        albumArtist: { corrected: '0', '#text': 'Björk' },
        ignoredMessage: { code: '0', '#text': '' },
      },
    });
    expect(await nowPlaying(api, alice)).to.deep.equal({
      kind: 'audio',
      title: 'Jóga',
      artist: 'Björk',
      source: 'Homogenic',
      track: '2',
      length: 305,
      device: `lastfm-${made.applicationPasswordId}`,
      player: 'Phone',
      shared: true,
    });
  });

  it('takes method names in any case, as Web Scrobbler writes them, and fields that stand in the query', async () => {
    const sk = await key();
    const fields = { api_key: 'k'.repeat(32), api_sig: md5('anything'), format: 'json', sk };
    const query = new URLSearchParams({
      ...fields,
      method: 'track.updatenowplaying',
      artist: 'Björk',
      track: 'Hunter',
    });
    const { status } = await request(`${stack.gatewayUrl}/2.0/?${query}`, { method: 'POST' });
    expect(status).to.equal(200);
    expect((await nowPlaying(api, alice))?.title).to.equal('Hunter');
    const upper = await call('TRACK.UPDATENOWPLAYING', { sk, artist: 'Björk', track: 'Jóga' });
    expect(upper.status).to.equal(200);
    expect((await nowPlaying(api, alice))?.title).to.equal('Jóga');
  });

  it('accepts scrobbles, one or many, and shows none of them', async () => {
    const sk = await key();
    const one = await call('track.scrobble', { sk, artist: 'Björk', track: 'Over', timestamp: '1700000000' });
    expect(one.body.scrobbles['@attr']).to.deep.equal({ accepted: 1, ignored: 0 });
    expect(one.body.scrobbles.scrobble).to.deep.include({ timestamp: '1700000000' });
    const many = await call('track.scrobble', {
      sk,
      'artist[0]': 'Björk',
      'track[0]': 'One',
      'timestamp[0]': '1700000000',
      'artist[1]': 'Björk',
      'track[1]': 'Two',
      'timestamp[1]': '1700000300',
    });
    expect(many.body.scrobbles['@attr']).to.deep.equal({ accepted: 2, ignored: 0 });
    expect(many.body.scrobbles.scrobble).to.have.length(2);
    expect(await nowPlaying(api, alice)).to.equal(undefined);
  });

  it('says by the message’s code that a title cannot be shown', async () => {
    const { status, body } = await call('track.updateNowPlaying', { sk: await key(), artist: 'a', track: '\u202E' });
    expect([status, body.nowplaying.ignoredMessage.code]).to.deep.equal([200, '2']);
    expect(await nowPlaying(api, alice)).to.equal(undefined);
  });

  it('refuses with the protocol’s own numbers', async () => {
    const tune = { artist: 'a', track: 't' };
    const sk = await key();
    const cases: [string, Promise<{ status: number; body: { error: number; message: string } }>, number, number][] = [
      ['a wrong password', logIn({ password: 'wrong' }), 403, 4],
      ['an unknown user', logIn({ username: 'nobody' }), 403, 4],
      ['a wrong digest', logIn({ password: '', authToken: md5('wrong') }), 403, 4],
      ['no password', logIn({ password: '' }), 400, 6],
      ['no title', call('track.updateNowPlaying', { sk, artist: 'a' }), 400, 6],
      ['no time', call('track.scrobble', { sk, ...tune }), 400, 6],
      ['nothing', call('track.scrobble', { sk }), 400, 6],
      ['no session', call('track.updateNowPlaying', tune), 403, 9],
      ['a made-up session', call('track.updateNowPlaying', { ...tune, sk: 'x'.repeat(32) }), 403, 9],
      ['no key', call('track.updateNowPlaying', { ...tune, sk }, ['api_key']), 403, 10],
      ['no signature', call('track.updateNowPlaying', { ...tune, sk }, ['api_sig']), 403, 13],
      ['a signature that is none', call('track.updateNowPlaying', { ...tune, sk, api_sig: 'x' }), 403, 13],
      ['another method', call('track.getInfo', tune), 400, 3],
      ['a name of every object', call('constructor', tune), 400, 3],
      ['XML', call('track.updateNowPlaying', { ...tune, sk }, ['format']), 400, 6],
    ];
    for (const [what, answer, status, error] of cases) {
      const got = await answer;
      expect([got.status, got.body.error], what).to.deep.equal([status, error]);
      expect(got.body.message, what).to.be.a('string');
    }
    expect(await nowPlaying(api, alice)).to.equal(undefined);
  });

  it('keeps the sessions of other protocols apart', async () => {
    const t = `${Math.floor(Date.now() / 1000)}`;
    const query = new URLSearchParams({ hs: 'true', p: '1.2', u: made.username, t, a: md5(md5(made.password) + t) });
    const { text } = await request(`${stack.gatewayUrl}/audioscrobbler?${query}`);
    const tune = { sk: text.split('\n')[1] ?? '', artist: 'a', track: 't' };
    expect((await call('track.updateNowPlaying', tune)).body.error).to.equal(9);
    const webhook = { ...tune, sk: made.webhookPath.split('/').at(-1) ?? '' };
    expect((await call('track.updateNowPlaying', webhook)).body.error).to.equal(9);
  });

  it('limits what one subscriber’s players may ask', async () => {
    const sk = await key();
    const answers = await Promise.all(
      Array.from({ length: 125 }, (_, n) => call('track.updateNowPlaying', { sk, artist: 'a', track: `${n}` })),
    );
    expect(answers.filter(({ status }) => status === 429).map(({ body }) => body.error)).to.include(29);
    expect(answers.some(({ status }) => status === 200)).to.equal(true);
  });
});

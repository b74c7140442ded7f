import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { joinPair } from '../../support/pair.ts';
import { makePassword, nowPlaying, request, secondsShown } from '../../support/players/players.ts';
import { useStack } from '../../support/stack.ts';

type Headers = Record<string, string>;

describe('ListenBrainz', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;

  const token = (person = alice): Headers => ({ authorization: `Token ${person.token}` });
  const submit = (body: unknown, headers: Headers = token(), query = '') =>
    request(`${stack.gatewayUrl}/1/submit-listens${query}`, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const playing = (metadata: object) => ({ listen_type: 'playing_now', payload: [{ track_metadata: metadata }] });
  const song = (title: string, info: object = {}) => ({
    artist_name: 'Björk',
    track_name: title,
    release_name: 'Homogenic',
    additional_info: info,
  });
  const get = (path: string, headers: Headers = token()) => request(`${stack.gatewayUrl}/1/${path}`, { headers });
  const stop = (body?: object, headers: Headers = token()) =>
    request(`${stack.gatewayUrl}/1/playing-now/delete`, {
      method: 'POST',
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });

  before(async () => {
    [alice, bob] = await joinPair(api);
  });

  beforeEach(async () => {
    await api.stop(alice);
  });

  it('shows what a player says is playing now, and which player that is', async () => {
    const { status, headers, text } = await submit(
      playing(
        song('Jóga', {
          duration_ms: 305_900,
          tracknumber: '2/10',
          origin_url: 'https://music.example/joga',
          media_player: 'Rhythmbox',
          submission_client: 'Navidrome Server',
          tags: ['icelandic'],
          recording_mbid: '10c6a3d6-8e3b-4e8f-9d0c-3b6b3c3b3b3b',
        }),
      ),
    );
    expect([status, text]).to.deep.equal([200, '{"status":"ok"}']);
    expect(headers.get('content-type')).to.match(/^application\/json/);
    expect(headers.get('access-control-allow-origin')).to.equal('*');
    expect(headers.get('x-ratelimit-limit')).to.equal('60');
    expect(Number(headers.get('x-ratelimit-remaining'))).to.be.within(0, 59);
    expect(Number(headers.get('x-ratelimit-reset-in'))).to.be.within(1, 10);
    const { device, ...rest } = (await nowPlaying(api, alice)) ?? {};
    expect(device).to.match(/^listenbrainz-[0-9a-f]{8}-navidrome-server$/);
    expect(rest).to.deep.equal({
      kind: 'audio',
      title: 'Jóga',
      artist: 'Björk',
      source: 'Homogenic',
      track: '2/10',
      length: 305,
      uri: 'https://music.example/joga',
      player: 'Rhythmbox',
      shared: true,
    });
    expect(await secondsShown(api, alice)).to.equal(310);
  });

  it('links the recording where the player gives no address, or none that may be opened', async () => {
    for (const [origin_url, recording_mbid, uri] of [
      [
        '',
        '10C6A3D68E3B4E8F9D0C3B6B3C3B3B3B',
        'https://musicbrainz.org/recording/10c6a3d6-8e3b-4e8f-9d0c-3b6b3c3b3b3b',
      ],
      [
        'javascript:alert(1)',
        '10c6a3d6-8e3b-4e8f-9d0c-3b6b3c3b3b3b',
        'https://musicbrainz.org/recording/10c6a3d6-8e3b-4e8f-9d0c-3b6b3c3b3b3b',
      ],
      ['https://music.example/joga', '10c6a3d6-8e3b-4e8f-9d0c-3b6b3c3b3b3b', 'https://music.example/joga'],
      ['', '', undefined],
    ]) {
      await submit(playing(song(`Jóga ${recording_mbid}`, { origin_url, recording_mbid })));
      expect((await nowPlaying(api, alice))?.uri).to.equal(uri);
    }
  });

  it('takes any scheme before the token, and a body without a type', async () => {
    for (const scheme of ['token', 'TOKEN', 'Bearer', 'x']) {
      const { status } = await submit(playing(song(scheme)), { authorization: `${scheme} ${alice.token}` });
      expect(status).to.equal(200);
      expect((await nowPlaying(api, alice))?.title).to.equal(scheme);
    }
    expect(await secondsShown(api, alice)).to.equal(600);
  });

  it('takes what listenbrainz-server takes: empty lists for objects, empty identifiers, times with a fraction', async () => {
    const infos = [
      [],
      null,
      '',
      { recording_mbid: '', release_mbid: null, artist_mbids: [], work_mbids: null },
      { artist_mbids: ['', null, '10c6a3d6-8e3b-4e8f-9d0c-3b6b3c3b3b3b'] },
    ];
    for (const [i, info] of infos.entries()) {
      const { status, text } = await submit(playing({ ...song(`No. ${i}`), additional_info: info }));
      expect([status, text], JSON.stringify(info)).to.deep.equal([200, '{"status":"ok"}']);
      expect((await nowPlaying(api, alice))?.title).to.equal(`No. ${i}`);
    }
    const now = Math.floor(Date.now() / 1000);
    for (const at of [now - 0.5, `${now}`])
      expect(
        (await submit({ listen_type: 'single', payload: [{ listened_at: at, track_metadata: song('x') }] })).status,
      ).to.equal(200);
    for (const at of [`${now}.5`, '', true, [now]])
      expect(
        (await submit({ listen_type: 'single', payload: [{ listened_at: at, track_metadata: song('x') }] })).status,
      ).to.equal(400);
  });

  it('keeps the start of a tune that a player says twice, as Quod Libet does', async () => {
    await Promise.all([submit(playing(song('Twice'))), submit(playing(song('Twice')))]);
    const { body: first } = await api.call('GET', api.path(alice, 'now-playing'));
    await submit(playing(song('Twice')));
    const { body: second } = await api.call('GET', api.path(alice, 'now-playing'));
    expect(second.since).to.equal(first.since);
  });

  it('accepts what was listened to, one or many, and shows none of it', async () => {
    const listen = { listened_at: Math.floor(Date.now() / 1000), track_metadata: song('Over') };
    const single = await submit({ listen_type: 'single', payload: [listen] });
    expect([single.status, single.text]).to.deep.equal([200, '{"status":"ok"}']);
    const many = await submit({ listen_type: 'import', payload: Array.from({ length: 1_000 }, () => listen) });
    expect([many.status, many.text]).to.deep.equal([200, '{"status":"ok"}']);
    const named = await submit({ listen_type: 'single', payload: [listen] }, token(), '?return_msid=true');
    expect(JSON.parse(named.text)).to.have.keys('status', 'recording_msid');
    expect(JSON.parse(named.text).recording_msid).to.match(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    expect(await nowPlaying(api, alice)).to.equal(undefined);
  });

  it('says whether a token is valid, always with 200 when there is one', async () => {
    const valid = await get('validate-token');
    expect(JSON.parse(valid.text)).to.deep.equal({
      code: 200,
      message: 'Token valid.',
      valid: true,
      user_name: alice.id,
    });
    const wrong = await get('validate-token', { authorization: 'Token est_wrong' });
    expect([wrong.status, wrong.text]).to.deep.equal([200, '{"code":200,"message":"Token invalid.","valid":false}']);
    const inQuery = await get(`validate-token?token=${alice.token}`, {});
    expect(JSON.parse(inQuery.text).valid).to.equal(true);
    const none = await get('validate-token', {});
    expect([none.status, none.text]).to.deep.equal([
      400,
      '{"code":400,"error":"You need to provide an Authorization token."}',
    ]);
  });

  it('gives a subscriber its own tune, and nobody else’s', async () => {
    const empty = await get(`user/${alice.id}/playing-now`);
    expect(JSON.parse(empty.text)).to.deep.equal({
      payload: { count: 0, listens: [], playing_now: true, user_id: alice.id },
    });
    await submit(playing(song('Hunter', { duration: 255, media_player: 'mpv' })));
    const { payload } = JSON.parse((await get(`user/${alice.id}/playing-now`)).text);
    expect(payload).to.deep.equal({
      count: 1,
      listens: [
        {
          playing_now: true,
          track_metadata: {
            artist_name: 'Björk',
            track_name: 'Hunter',
            release_name: 'Homogenic',
            additional_info: { duration: 255, media_player: 'mpv' },
          },
        },
      ],
      playing_now: true,
      user_id: alice.id,
    });
    for (const name of [bob.id, 'nobody']) {
      const other = await get(`user/${name}/playing-now`);
      expect([other.status, other.text]).to.deep.equal([404, '{"code":404,"error":"Cannot find user."}']);
    }
    expect((await get(`user/${alice.id}/playing-now`, {})).status).to.equal(401);
  });

  it('takes an application password for a token, until it is revoked', async () => {
    const made = await makePassword(api, alice, 'Kitchen');
    const header = { authorization: `Token ${made.password}` };
    expect((await submit(playing(song('By password')), header)).status).to.equal(200);
    expect(await nowPlaying(api, alice)).to.include({
      title: 'By password',
      device: `listenbrainz-${made.applicationPasswordId}`,
      player: 'Kitchen',
    });
    expect(JSON.parse((await get('validate-token', header)).text).user_name).to.equal(alice.id);
    await submit(playing(song('By its client', { media_player: 'Kodi', submission_client: 'Kodi' })), header);
    expect((await nowPlaying(api, alice))?.device).to.equal(`listenbrainz-${made.applicationPasswordId}-kodi`);
    const revoke = `${api.path(alice, 'application-passwords')}/${made.applicationPasswordId}`;
    await api.expectStatus(204, api.call('DELETE', revoke));
    expect(await nowPlaying(api, alice), 'what its players play stops').to.equal(undefined);
    expect((await submit(playing(song('Too late')), header)).status).to.equal(401);
    expect(JSON.parse((await get('validate-token', header)).text).valid).to.equal(false);
  });

  it('stops what its own token plays, and 404 when another client set it', async () => {
    await submit(playing(song('From the server', { submission_client: 'Navidrome' })));
    const other = await stop({ client: 'Pano Scrobbler' });
    expect([other.status, JSON.parse(other.text).code]).to.deep.equal([404, 404]);
    expect((await nowPlaying(api, alice))?.title).to.equal('From the server');
    expect((await stop({ client: 'Navidrome' })).text).to.equal('{"status":"ok"}');
    expect(await nowPlaying(api, alice)).to.equal(undefined);
    expect((await stop()).status).to.equal(200);
    await api.play(alice, { title: 'On the phone', device: 'phone' });
    await submit(playing(song('From the desk')));
    expect((await nowPlaying(api, alice))?.title).to.equal('From the desk');
    expect((await stop()).status).to.equal(200);
    expect((await nowPlaying(api, alice))?.title).to.equal('On the phone');
  });

  it('shows the newest of two clients of one token, and falls back to the other', async () => {
    await submit(playing(song('First', { submission_client: 'One' })));
    await submit(playing(song('Second', { submission_client: 'Two' })));
    await submit(playing(song('First', { submission_client: 'One' })));
    expect((await nowPlaying(api, alice))?.player).to.equal('Two');
    await stop({ client: 'Two' });
    expect((await nowPlaying(api, alice))?.title).to.equal('First');
  });

  it('cleans and cuts what a player cannot mend', async () => {
    const { status } = await submit(
      playing({
        artist_name: 'Mallory\r\n\u0000\u202E',
        track_name: `${'x'.repeat(2_000)}\u0007`,
        release_name: '\u202E',
        additional_info: { duration: '0', origin_url: 'javascript:alert(1)', media_player: '\u0007evil\u2066' },
      }),
    );
    expect(status).to.equal(200);
    const shown = await nowPlaying(api, alice);
    expect(shown).to.include({ title: 'x'.repeat(1_024), artist: 'Mallory', player: 'evil' });
    expect(shown).to.not.have.any.keys('source', 'uri', 'length');
    expect((await submit(playing({ artist_name: 'a', track_name: '\u202E' }))).text).to.equal('{"status":"ok"}');
  });

  it('refuses in the protocol’s own words', async () => {
    const listen = { track_metadata: song('x') };
    const refused: [string, unknown, string][] = [
      ['no JSON', '{"listen_type":', 'Cannot parse JSON document.'],
      ['no type', { payload: [listen] }, 'Invalid JSON document submitted.'],
      ['another type', { listen_type: 'loved', payload: [listen] }, 'JSON document requires a valid listen_type key.'],
      ['no listen', { listen_type: 'playing_now', payload: [] }, 'JSON document does not contain any listens'],
      [
        'two tunes at once',
        { listen_type: 'playing_now', payload: [listen, listen] },
        'JSON document contains more than listen for a single/playing_now. It should contain only one.',
      ],
      [
        'a time for what plays now',
        { listen_type: 'playing_now', payload: [{ ...listen, listened_at: 1 }] },
        'JSON document must not contain listened_at while submitting playing_now.',
      ],
      [
        'a listen without its time',
        { listen_type: 'single', payload: [listen] },
        'JSON document must contain the key listened_at at the top level.',
      ],
      [
        'no title',
        playing({ artist_name: 'a', track_name: '' }),
        'JSON document does not contain required track_metadata.track_name.',
      ],
      [
        'no artist',
        playing({ track_name: 'a' }),
        'JSON document does not contain required track_metadata.artist_name.',
      ],
      [
        'two lengths',
        playing(song('x', { duration: 3, duration_ms: 3_000 })),
        'JSON document should not contain both duration and duration_ms.',
      ],
      ['a bad MBID', playing(song('x', { recording_mbid: 'x' })), 'recording_mbid MBID format invalid.'],
      [
        'a listen of 11 kB',
        playing(song('x', { comment: 'y'.repeat(11_000) })),
        'JSON document is too large. Listens may not be larger than 10240 characters.',
      ],
    ];
    for (const [what, body, error] of refused) {
      const { status, text } = await submit(body, token(bob));
      expect([status, text], what).to.deep.equal([400, JSON.stringify({ code: 400, error })]);
    }
    expect(await nowPlaying(api, bob)).to.equal(undefined);
  });

  it('refuses a missing, wrong or foreign credential before it reads the body', async () => {
    const cases: [Headers, string][] = [
      [{}, 'You need to provide an Authorization header.'],
      [{ authorization: alice.token }, 'Provided Authorization header is invalid.'],
      [{ authorization: 'Token est_wrong' }, 'Invalid authorization token.'],
      [{ authorization: `Token ${stack.operatorKey}` }, 'Invalid authorization token.'],
    ];
    for (const [headers, error] of cases) {
      const { status, text } = await submit('no JSON', headers);
      expect([status, text]).to.deep.equal([401, JSON.stringify({ code: 401, error })]);
    }
  });

  it('reads few large bodies in ten seconds, and none that is nested for its own sake', async () => {
    const dora = await api.join('+8613900139003');
    const deep = `{"listen_type":"import","payload":[{"listened_at":1,"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}]}`;
    const answers: number[] = [];
    for (let n = 0; n < 5; n += 1) answers.push((await submit(deep, token(dora))).status);
    expect(answers).to.deep.equal([400, 400, 400, 429, 429]);
    expect((await submit(playing(song('Small')), token(dora))).status).to.equal(200);
    const huge = await submit(`"${'x'.repeat(10_300_000)}"`, token(bob));
    expect([huge.status, JSON.parse(huge.text).code]).to.deep.equal([413, 413]);
  });

  it('answers a browser’s question, other paths and too many calls as JSON', async () => {
    const preflight = await request(`${stack.gatewayUrl}/1/submit-listens`, { method: 'OPTIONS' });
    expect(preflight.status).to.equal(204);
    expect(preflight.headers.get('access-control-allow-headers')).to.equal('Authorization, Content-Type');
    const other = await get('latest-import');
    expect([other.status, JSON.parse(other.text).code]).to.deep.equal([404, 404]);
    const carol = await api.join('+8613900139001');
    const answers = await Promise.all(
      Array.from({ length: 125 }, () => get('validate-token', { authorization: `Token ${carol.token}` })),
    );
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('x-ratelimit-remaining')).to.equal('0');
    expect(JSON.parse(refused?.text ?? '{}')).to.have.keys('code', 'error');
    expect((await get('validate-token')).status).to.equal(200);
  });

  it('opens nothing any more when the subscriber is gone', async () => {
    const dora = await api.join('+8613900139002');
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${dora.id}`));
    expect((await submit(playing(song('x')), token(dora))).status).to.equal(401);
  });
});

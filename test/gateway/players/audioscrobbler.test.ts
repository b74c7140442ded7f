import { readdir, readFile } from 'node:fs/promises';
import { request as ask } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type ApplicationPassword,
  makePassword,
  md5,
  nowPlaying,
  request,
  secondsShown,
} from '../../support/players/players.ts';
import { useStack } from '../../support/stack.ts';

describe('AudioScrobbler 1.2', () => {
  const stack = useStack({ env: { EARSHOT_LOG_LEVEL: 'debug', EARSHOT_PUBLIC_URL: '' } });
  const api = createApi(stack);
  let alice: Person;
  let made: ApplicationPassword;

  const now = () => `${Math.floor(Date.now() / 1000)}`;
  const greet = (changes: Record<string, string | undefined> = {}, headers: Record<string, string> = {}) => {
    const t = changes.t ?? now();
    const a = md5(md5(made.password) + t);
    const query = { hs: 'true', p: '1.2', c: 'tst', v: '1.0', u: made.username, t, a, ...changes };
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return request(`${stack.gatewayUrl}/audioscrobbler/?${new URLSearchParams(given)}`, { headers });
  };
  const post = (path: string, fields: Record<string, string>) =>
    request(`${stack.gatewayUrl}/audioscrobbler/${path}`, { method: 'POST', body: new URLSearchParams(fields) });
  const session = async () => (await greet()).text.split('\n')[1] ?? '';

  before(async () => {
    alice = await api.join('+8613800138000');
    made = await makePassword(api, alice, 'The desk');
  });

  beforeEach(async () => {
    await api.stop(alice);
  });

  it('greets with a session of 32 characters and the addresses to go on with', async () => {
    const { status, headers, text } = await greet();
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.equal('text/plain; charset=utf-8');
    const [ok, id, nowPlayingUrl, submissionUrl, ...rest] = text.split('\n');
    expect(ok).to.equal('OK');
    expect(id).to.match(/^[\w-]{32}$/);
    expect(nowPlayingUrl).to.equal(`${stack.gatewayUrl}/audioscrobbler/nowplaying`);
    expect(submissionUrl).to.equal(`${stack.gatewayUrl}/audioscrobbler/submission`);
    expect(rest).to.deep.equal(['']);
    expect((await greet({ p: '1.2.1' })).text).to.equal(text);
  });

  it('shows what is playing now, named as its password is', async () => {
    const { text } = await post('nowplaying', {
      s: await session(),
      a: 'Björk',
      t: 'Jóga',
      b: 'Homogenic',
      l: '305',
      n: '2',
      m: '',
    });
    expect(text).to.equal('OK\n');
    expect(await nowPlaying(api, alice)).to.deep.equal({
      kind: 'audio',
      title: 'Jóga',
      artist: 'Björk',
      source: 'Homogenic',
      track: '2',
      length: 305,
      device: `audioscrobbler-${made.applicationPasswordId}`,
      player: 'The desk',
      shared: true,
    });
    expect(await secondsShown(api, alice)).to.equal(310);
  });

  it('accepts what was listened to and shows none of it', async () => {
    const one = { 'a[0]': 'Björk', 't[0]': 'Over', 'i[0]': now(), 'o[0]': 'P', 'r[0]': '', 'l[0]': '305', 'b[0]': '' };
    expect((await post('submission', { s: await session(), ...one })).text).to.equal('OK\n');
    expect(await nowPlaying(api, alice)).to.equal(undefined);
  });

  it('refuses in the protocol’s own words', async () => {
    const t = now();
    const old = `${Number(t) - 3_600}`;
    const cases: [string, Promise<{ status: number; text: string }>, RegExp][] = [
      ['a wrong password', greet({ a: md5(md5('wrong') + t), t }), /^BADAUTH\n$/],
      ['a digest that is none', greet({ a: 'x' }), /^BADAUTH\n$/],
      ['an unknown user', greet({ u: 'nobody' }), /^BADAUTH\n$/],
      ['the number as the user', greet({ u: alice.phoneNumber }), /^BADAUTH\n$/],
      ['a clock an hour off', greet({ t: old }), /^BADTIME\n$/],
      ['no time', greet({ t: 'now' }), /^BADTIME\n$/],
      ['another version', greet({ p: '1.1' }), /^FAILED .+\n$/],
      ['no user', greet({ u: undefined }), /^FAILED .+\n$/],
      ['no handshake', greet({ hs: undefined }), /^FAILED .+\n$/],
      ['no session', post('nowplaying', { a: 'a', t: 't' }), /^BADSESSION\n$/],
      ['a made-up session', post('nowplaying', { s: 'x'.repeat(32), a: 'a', t: 't' }), /^BADSESSION\n$/],
      ['a submission without one', post('submission', {}), /^BADSESSION\n$/],
      ['no title', post('nowplaying', { s: await session(), a: 'a' }), /^FAILED .+\n$/],
      ['no track', post('submission', { s: await session() }), /^FAILED .+\n$/],
      ['too much', post('nowplaying', { s: 'x'.repeat(300_000) }), /^FAILED .+\n$/],
    ];
    for (const [what, answer, expected] of cases) {
      const { status, text } = await answer;
      expect(status, what).to.equal(200);
      expect(text, what).to.match(expected);
    }
    expect(await nowPlaying(api, alice)).to.equal(undefined);
  });

  it('cleans and cuts what a player cannot mend, and takes what has no visible title for nothing', async () => {
    const s = await session();
    await post('nowplaying', { s, a: 'Mallory\u0000\u202E', t: 'y'.repeat(3_000), b: '\u0007', l: '-3', n: '' });
    const shown = await nowPlaying(api, alice);
    expect(shown).to.include({ title: 'y'.repeat(1_024), artist: 'Mallory' });
    expect(shown).to.not.have.any.keys('source', 'length', 'track');
    await api.stop(alice);
    expect((await post('nowplaying', { s, a: 'a', t: '\u202E' })).text).to.equal('OK\n');
    expect(await nowPlaying(api, alice)).to.equal(undefined);
  });

  it('says where it is when a player leaves the port out of Host, as VLC does, and to one behind a proxy', async () => {
    const { port } = new URL(stack.gatewayUrl);
    const base = async (headers: Record<string, string>) => {
      const t = now();
      const query = new URLSearchParams({ hs: 'true', p: '1.2', u: made.username, t, a: md5(md5(made.password) + t) });
      const text = await new Promise<string>((resolve, reject) => {
        const sent = ask(`${stack.gatewayUrl}/audioscrobbler/?${query}`, { headers }, (answer) => {
          answer.setEncoding('utf8');
          let all = '';
          answer.on('data', (part: string) => {
            all += part;
          });
          answer.on('end', () => resolve(all));
        });
        sent.on('error', reject).end();
      });
      return text.split('\n')[2];
    };
    expect(await base({ host: 'music.example' })).to.equal(`http://music.example:${port}/audioscrobbler/nowplaying`);
    const proxied = { host: 'music.example', 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' };
    expect(await base(proxied)).to.equal('https://music.example/audioscrobbler/nowplaying');
    expect(await base({ host: 'music example/evil' })).to.equal(`http://127.0.0.1:${port}/audioscrobbler/nowplaying`);
  });

  it('keeps no password in clear, no session, and no number in a log', async () => {
    const s = await session();
    const dump = await readFile(join(stack.dataDir, 'redis', 'appendonlydir', await aofName(stack.dataDir)), 'latin1');
    for (const secret of [made.password, md5(made.password), s, made.webhookPath.split('/').at(-1) ?? ''])
      expect(dump.includes(secret)).to.equal(false);
    expect(dump).to.contain('application-passwords');
    await request(stack.gatewayUrl + made.webhookPath, { method: 'POST', body: '{"eventName":"paused","data":' });
    const log = await eventually(async () => {
      const text = await readFile(join(stack.dataDir, 'logs', 'gateway.log'), 'utf8');
      expect(text).to.contain('/web-scrobbler/:session');
      return text;
    });
    for (const secret of [made.password, s, made.webhookPath, 'Jóga', alice.phoneNumber])
      expect(log.includes(secret)).to.equal(false);
  });

  it('ends with its password, at once: session, tune and handshake', async () => {
    const second = await makePassword(api, alice, 'The attic');
    const [first, s] = [made, await session()];
    made = second;
    const attic = await session();
    expect(attic).to.not.equal(s);
    await post('nowplaying', { s: attic, a: 'Björk', t: 'In the attic' });
    const path = `/v1/subscribers/${alice.id}/application-passwords`;
    const { body } = await api.expectStatus(200, api.call('GET', path));
    expect(body).to.deep.equal({
      applicationPasswords: [first, second].map(({ applicationPasswordId, name, createdAt }) => ({
        applicationPasswordId,
        name,
        createdAt,
      })),
    });
    await api.expectStatus(204, api.call('DELETE', `${path}/${second.applicationPasswordId}`));
    await api.expectStatus(404, api.call('DELETE', `${path}/${second.applicationPasswordId}`));
    expect(await nowPlaying(api, alice)).to.equal(undefined);
    expect((await post('nowplaying', { s: attic, a: 'a', t: 't' })).text).to.equal('BADSESSION\n');
    expect((await greet()).text).to.equal('BADAUTH\n');
    made = first;
    expect((await post('nowplaying', { s, a: 'a', t: 't' })).text).to.equal('OK\n');
  });

  it('lets a subscriber have twenty passwords, and nobody else’s', async () => {
    const bob = await api.join('+8613900139000');
    const own = { authorization: `Bearer ${bob.token}` };
    const path = (who: string) => `/v1/subscribers/${who}/application-passwords`;
    for (let n = 0; n < 20; n += 1) await makePassword(api, bob, `Player ${n}`);
    await api.expectStatus(409, api.call('POST', path('me'), { name: 'One more' }, own));
    await api.expectStatus(400, api.call('POST', path('me'), { name: '\u202E' }, own));
    for (const method of ['GET', 'POST'])
      await api.expectStatus(403, api.call(method, path(alice.id), method === 'POST' ? { name: 'x' } : undefined, own));
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${bob.id}`));
  });
});

async function aofName(dataDir: string): Promise<string> {
  const files = await readdir(join(dataDir, 'redis', 'appendonlydir'));
  return files.find((file) => file.endsWith('.incr.aof')) ?? '';
}

import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { exportJWK, exportSPKI } from 'jose';
import { createKeys } from '../../../gateway/access/assertion-keys.ts';
import { elapsed } from '../../../runtime/elapsed.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { AUDIENCE, GRANT, newKey, startCarrier } from '../../support/http/carrier.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';

const NUMBER = '+8613800138000';

describe('logging in with a carrier’s assertion', () => {
  let server: TestRedis;
  let carrier: Awaited<ReturnType<typeof startCarrier>>;
  let gateway: TestGateway;
  let folder: string;
  let subscriberId: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earshot-keys-'));
    server = await startTestRedis();
    carrier = await startCarrier();
    await restart();
  });

  after(async () => {
    await gateway?.stop();
    await carrier?.stop();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function restart(env: Record<string, string> = {}): Promise<void> {
    await gateway?.stop();
    gateway = await openTestGateway(server, {
      EARSHOT_ASSERTION_ISSUER: carrier.issuer,
      EARSHOT_ASSERTION_JWKS_URL: carrier.jwksUrl,
      EARSHOT_ASSERTION_AUDIENCE: AUDIENCE,
      ...env,
    });
    subscriberId = await gateway.join(NUMBER);
  }

  const exchange = (assertion: string, rest: Record<string, string> = {}) =>
    gateway.call({
      method: 'POST',
      url: '/v1/tokens',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ grant_type: GRANT, assertion, ...rest }).toString(),
    });

  async function refused(assertion: string, why: RegExp | string): Promise<void> {
    const { status, body } = await exchange(assertion);
    expect([status, body.error], JSON.stringify(body)).to.deep.equal([400, 'invalid_grant']);
    expect(body.error_description).to.match(new RegExp(why));
    expect(JSON.stringify(body)).to.not.contain(NUMBER.slice(1));
  }

  it('answers as RFC 6749 says, with a token that opens the subscriber’s own resources', async () => {
    const { status, headers, body } = await exchange(await carrier.assert(NUMBER), { deviceName: 'phone' });
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(body).to.have.keys('access_token', 'token_type', 'expires_in', 'subscriberId', 'jid');
    expect(body).to.include({ token_type: 'Bearer', subscriberId });
    expect(body.expires_in).to.be.within(90 * 86_400 - 60, 90 * 86_400);
    expect(headers['cache-control']).to.equal('no-store');
    const own = { authorization: `Bearer ${body.access_token}` };
    const me = await gateway.call({ method: 'GET', url: '/v1/subscribers/me', headers: own });
    expect(me.body).to.include({ subscriberId, phoneNumber: NUMBER });
  });

  it('takes JSON too, and the number as phone_number', async () => {
    const assertion = await carrier.assert(NUMBER, { sub: 'line-17', phone_number: NUMBER });
    const { status, text } = await gateway.post('/v1/tokens', { grant_type: GRANT, assertion });
    expect(status, text).to.equal(200);
  });

  it('takes a tel: URI with visual separators and in any case, and a number that was verified', async () => {
    for (const sub of ['tel:+86-138-0013-8000', 'TEL:+86(138)0013.8000', 'Tel:+8613800138000'])
      expect((await exchange(await carrier.assert(NUMBER, { sub }))).status, sub).to.equal(200);
    const claims = { sub: 'line-17', phone_number: '+86 (138) 0013-8000', phone_number_verified: true };
    expect((await exchange(await carrier.assert(NUMBER, claims))).status).to.equal(200);
  });

  it('names the kid for which the issuer has no key, without what may not stand in an answer', async () => {
    const stranger = await newKey();
    await refused(await carrier.assert(NUMBER, {}, stranger), `no key of its issuer has the kid ${stranger.kid}`);
    const strange = { ...stranger, kid: `"\u0000é${'x'.repeat(100)}` };
    await refused(await carrier.assert(NUMBER, {}, strange), 'the kid \\?\\?\\?x{61} and its alg');
    const [head = ''] = (await carrier.assert(NUMBER)).split('.');
    const { kid: _, ...nameless } = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, string>;
    const unnamed = (await carrier.assert(NUMBER)).replace(
      head,
      Buffer.from(JSON.stringify({ ...nameless, alg: 'RS256' })).toString('base64url'),
    );
    await refused(unnamed, 'has no kid');
  });

  const now = () => Math.floor(Date.now() / 1000);
  const CLAIMS: [string, () => Record<string, unknown>, string][] = [
    ['that has expired', () => ({ exp: now() - 31 }), 'expired'],
    ['that never expires', () => ({ exp: undefined }), 'exp'],
    ['that lives too long', () => ({ exp: now() + 3600 }), '300 seconds'],
    ['that is not valid yet', () => ({ nbf: now() + 120 }), 'nbf'],
    ['for somebody else', () => ({ aud: 'https://other.example' }), 'aud'],
    ['for nobody', () => ({ aud: undefined }), 'aud'],
    ['of an unknown issuer', () => ({ iss: 'https://evil.example' }), 'issuer'],
    ['of no issuer', () => ({ iss: undefined }), 'issuer'],
    ['without jti', () => ({ jti: undefined }), 'jti'],
    ['with an endless jti', () => ({ jti: 'x'.repeat(257) }), 'jti'],
    ['without a number', () => ({ sub: undefined }), 'number'],
    ['with a national number', () => ({ sub: 'tel:13800138000' }), 'number'],
    ['with a number that is none', () => ({ sub: 'tel:+8611' }), 'number'],
    ['with a number that is no text', () => ({ sub: undefined, phone_number: 8613800138000 }), 'number'],
    ['with two numbers', () => ({ phone_number: '+8613900139000' }), 'number'],
    ['with an extension', () => ({ sub: `tel:${NUMBER};ext=7` }), 'number'],
    ['with a local number', () => ({ sub: 'tel:13800138000;phone-context=+86' }), 'number'],
    [
      'about a number that was not verified',
      () => ({ phone_number: NUMBER, phone_number_verified: false }),
      'phone_number_verified',
    ],
    [
      'whose tel: is of a number that was not verified',
      () => ({ phone_number_verified: false }),
      'phone_number_verified',
    ],
    ['that says in a word of its own that it was', () => ({ phone_number_verified: 'yes' }), 'phone_number_verified'],
  ];
  for (const [what, claims, why] of CLAIMS)
    it(`refuses an assertion ${what}`, async () => refused(await carrier.assert(NUMBER, claims()), why));

  it('refuses what is signed with another key, with none, with a shared secret, or was changed', async () => {
    const good = await carrier.assert(NUMBER);
    const [, payload = '', signature = ''] = good.split('.');
    const stranger = await newKey();
    await refused(await carrier.assert(NUMBER, {}, { ...stranger, kid: carrier.keys[0]?.kid ?? '' }), 'signature');
    const head = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
    await refused(`${head({ alg: 'none' })}.${payload}.`, 'signature');
    const hs256 = `${head({ alg: 'HS256' })}.${payload}`;
    const jwk = carrier.keys[0] ? JSON.stringify(await exportJWK(carrier.keys[0].publicKey)) : '';
    await refused(`${hs256}.${createHmac('sha256', jwk).update(hs256).digest('base64url')}`, 'signature');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'tel:+8613900139000' })).toString('base64url');
    await refused(`${good.split('.')[0]}.${changed}.${signature}`, 'signature');
    for (const text of ['x', 'a.b.c', '..', '{}', `${'x'.repeat(3_000)}.y.z`]) await refused(text, 'JWT|issuer');
  });

  it('takes an assertion once, also when it comes twenty times at once', async () => {
    const assertion = await carrier.assert(NUMBER);
    const all = await Promise.all(Array.from({ length: 20 }, () => exchange(assertion)));
    expect(all.map(({ status }) => status).sort()).to.deep.equal([200, ...new Array(19).fill(400)]);
    await refused(assertion, 'used before');
  });

  it('takes it again when nothing could come of it the first time', async () => {
    const phoneNumber = '+8613700137000';
    const assertion = await carrier.assert(phoneNumber);
    expect((await exchange(assertion)).status, 'no component to make an account').to.equal(503);
    await gateway.join(phoneNumber);
    expect((await exchange(assertion)).status).to.equal(200);
  });

  it('allows clocks to differ by half a minute', async () => {
    expect((await exchange(await carrier.assert(NUMBER, { exp: now() - 25 }))).status).to.equal(200);
    expect((await exchange(await carrier.assert(NUMBER, { exp: now() + 325, nbf: now() + 25 }))).status).to.equal(200);
  });

  it('tells in OAuth’s words what is wrong with a request', async () => {
    const assertion = await carrier.assert(NUMBER);
    const form = (payload: string) =>
      gateway.call({
        method: 'POST',
        url: '/v1/tokens',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload,
      });
    const grant = encodeURIComponent(GRANT);
    for (const [payload, error] of [
      ['', 'invalid_request'],
      [`assertion=${assertion}`, 'invalid_request'],
      [`grant_type=${grant}`, 'invalid_request'],
      [`grant_type=${grant}&assertion=${assertion}&assertion=${assertion}`, 'invalid_request'],
      [`grant_type=${grant}&assertion=${assertion}&deviceName=%00`, 'invalid_request'],
      [`grant_type=password&assertion=${assertion}`, 'unsupported_grant_type'],
    ] as const) {
      const { status, body } = await form(payload);
      expect([status, body.error], payload).to.deep.equal([400, error]);
    }
    const typed = await gateway.post('/v1/tokens', { grant_type: 7, assertion });
    expect([typed.status, typed.body.error]).to.deep.equal([400, 'invalid_request']);
    const unknownField = await form(`grant_type=${grant}&assertion=${assertion}&scope=all`);
    expect(unknownField.status, 'RFC 6749, section 3.2: passed over').to.equal(200);
  });

  it('lets an issuer speak for its own ranges only', async () => {
    await restart({ EARSHOT_ASSERTION_RANGES: '+8613,+49' });
    expect((await exchange(await carrier.assert(NUMBER))).status).to.equal(200);
    await gateway.join('+33612345678');
    await refused(await carrier.assert('+33612345678'), 'one of the issuer');
  });

  it('says 503 while the issuer’s keys cannot be had, and takes the same assertion when they can, with any key there is', async () => {
    carrier.setDown(true);
    await restart();
    const assertion = await carrier.assert(NUMBER);
    const { status, headers, body } = await exchange(assertion);
    expect([status, body.code]).to.deep.equal([503, 'UNAVAILABLE']);
    expect(headers['retry-after']).to.equal('2');
    carrier.setDown(false);
    carrier.keys.push(await newKey('RS256'));
    gateway.pass(2_000);
    expect((await exchange(assertion)).status).to.equal(200);
    expect((await exchange(await carrier.assert(NUMBER, {}, carrier.keys[1]))).status).to.equal(200);
  });

  it('takes public keys from files, and refuses to start with a file that holds none', async () => {
    const [own, other] = [await newKey('EdDSA'), await newKey('PS256')];
    const [pem, jwks, broken] = ['key.pem', 'jwks.json', 'broken.pem'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(pem, await exportSPKI(own.publicKey));
    await writeFile(
      jwks,
      JSON.stringify({ keys: [{ ...(await exportJWK(other.publicKey)), kid: other.kid, alg: other.alg }] }),
    );
    await writeFile(broken, 'no key');
    await restart({
      EARSHOT_ASSERTION_ISSUER: 'https://a.example https://b.example',
      EARSHOT_ASSERTION_JWKS_URL: `${pathToFileURL(pem)} ${pathToFileURL(jwks)}`,
    });
    const signed = (iss: string, key: typeof own) => carrier.assert(NUMBER, { iss }, key);
    expect((await exchange(await signed('https://a.example', own))).status).to.equal(200);
    expect((await exchange(await signed('https://b.example', other))).status).to.equal(200);
    await refused(await signed('https://b.example', own), `the kid ${own.kid}`);
    expect(() => createKeys(`${pathToFileURL(broken)}`, elapsed)).to.throw('is no JWKS and no public key');
  });

  it('refuses what names a key that its issuer publishes broken', async () => {
    const key = await newKey('ES256');
    const jwks = join(folder, 'broken-key.json');
    const jwk = { ...(await exportJWK(key.publicKey)), kid: key.kid, alg: key.alg, x: 'AAAA' };
    await writeFile(jwks, JSON.stringify({ keys: [jwk] }));
    await restart({ EARSHOT_ASSERTION_JWKS_URL: `${pathToFileURL(jwks)}` });
    await refused(await carrier.assert(NUMBER, {}, key), 'signature');
  });
});

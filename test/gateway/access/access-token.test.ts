import { expect } from 'chai';
import { SignJWT } from 'jose';
import type { Fault } from '../../../domain/fault.ts';
import { createAccessTokenReader, type ReadAccessToken } from '../../../gateway/access/access-token.ts';
import { elapsed } from '../../../runtime/elapsed.ts';
import { claims, type Issuer, type SigningKey, startIssuer } from '../../support/http/issuer.ts';

describe('gateway/access/access-token', () => {
  let issuer: Issuer;
  let key: SigningKey;
  let read: ReadAccessToken;

  before(async () => {
    issuer = await startIssuer();
    const made = await issuer.newKey();
    made.publish();
    key = made;
    read = reader();
  });

  after(async () => issuer?.stop());

  function reader(cooldown?: number): ReadAccessToken {
    return createAccessTokenReader(
      { issuer: issuer.url, audience: 'https://earshot.example', jwksUrl: undefined },
      { now: Date.now, elapsed },
      cooldown,
    );
  }
  const codeOf = (token: string, by = read) =>
    by(token).then(
      () => 'taken',
      (err: Fault) => err.code,
    );
  const now = () => Math.floor(Date.now() / 1000);

  it('takes a token of the issuer for us, and finds the keys by the metadata', async () => {
    expect(await read(await key.sign(claims(issuer)))).to.deep.equal({
      clientId: 'portal',
      scopes: ['subscribers:read', 'imports:write'],
    });
    expect(issuer.asked).to.include('/keys');
    expect(
      (await read(await key.sign(claims(issuer, { aud: ['x', 'https://earshot.example'], scope: undefined })))).scopes,
    ).to.deep.equal([]);
  });

  for (const alg of ['RS256', 'PS256', 'EdDSA'])
    it(`takes ${alg}`, async () => {
      const other = await issuer.newKey(alg);
      other.publish();
      expect(await codeOf(await other.sign(claims(issuer)), reader())).to.equal('taken');
    });

  const REFUSED: [what: string, payload: Record<string, unknown>, header?: object][] = [
    ['for another audience', { aud: 'https://elsewhere.example' }],
    ['for nobody', { aud: undefined }],
    ['of another issuer', { iss: 'https://elsewhere.example' }],
    ['of no issuer', { iss: undefined }],
    ['that has expired', { exp: now() - 61 }],
    ['that never expires', { exp: undefined }],
    ['that is not valid yet', { nbf: now() + 3_600 }],
    ['without a client', { client_id: undefined }],
    ['whose client is a number', { client_id: 7 }],
    ['without jti', { jti: undefined }],
    ['that is an ID token, not an access token', {}, { typ: 'JWT' }],
    ['with a key that is not the issuer’s', {}, { kid: 'nobody’s' }],
  ];
  for (const [what, payload, header] of REFUSED)
    it(`refuses a token ${what}`, async () => {
      expect(await codeOf(await key.sign(claims(issuer, payload), header))).to.equal('UNAUTHENTICATED');
    });

  it('allows the issuer’s clock to be a minute off, either way', async () => {
    expect(await codeOf(await key.sign(claims(issuer, { exp: now() - 50 })))).to.equal('taken');
    expect(await codeOf(await key.sign(claims(issuer, { nbf: now() + 50, iat: now() + 50 })))).to.equal('taken');
    expect(await codeOf(await key.sign(claims(issuer, { nbf: now() + 75 })))).to.equal('UNAUTHENTICATED');
  });

  it('refuses a token without a signature, with a shared secret, or with another’s signature', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims(issuer))}.`;
    expect(await codeOf(unsigned)).to.equal('UNAUTHENTICATED');
    const secret = new TextEncoder().encode('a secret that somebody guessed, or the public key itself');
    const header = { alg: 'HS256', kid: key.kid, typ: 'at+jwt' };
    expect(await codeOf(await new SignJWT(claims(issuer)).setProtectedHeader(header).sign(secret))).to.equal(
      'UNAUTHENTICATED',
    );
    const stranger = await issuer.newKey();
    expect(await codeOf(await stranger.sign(claims(issuer), { kid: key.kid }))).to.equal('UNAUTHENTICATED');
    const [head, , signature] = (await key.sign(claims(issuer))).split('.');
    expect(await codeOf(`${head}.${part(claims(issuer, { client_id: 'admin' }))}.${signature}`)).to.equal(
      'UNAUTHENTICATED',
    );
    for (const nonsense of ['a.b.c', `${head}.${head}.${head}`])
      expect(await codeOf(nonsense)).to.equal('UNAUTHENTICATED');
  });

  it('follows the issuer to new keys, and forgets withdrawn ones', async () => {
    const patient = reader(0);
    const [old, next] = [await issuer.newKey(), await issuer.newKey()];
    old.publish();
    expect(await codeOf(await old.sign(claims(issuer)), patient)).to.equal('taken');
    next.publish();
    old.withdraw();
    expect(await codeOf(await next.sign(claims(issuer)), patient)).to.equal('taken');
    expect(await codeOf(await old.sign(claims(issuer)), patient)).to.equal('UNAUTHENTICATED');
  });

  it('asks the issuer once, however many unknown keys are tried', async () => {
    const fresh = reader();
    await codeOf(await key.sign(claims(issuer)), fresh);
    const before = issuer.asked.length;
    for (let i = 0; i < 50; i += 1) await codeOf(await key.sign(claims(issuer), { kid: `guess-${i}` }), fresh);
    expect(issuer.asked.length).to.equal(before);
  });

  it('asks an issuer that answers with errors no oftener, and uses the keys that are known', async () => {
    let clock = Date.now();
    const config = { issuer: issuer.url, audience: 'https://earshot.example', jwksUrl: undefined };
    const patient = createAccessTokenReader(config, { now: () => clock, elapsed: () => clock });
    const tokenOf = (header: object = {}) => {
      const iat = Math.floor(clock / 1000);
      return key.sign(claims(issuer, { iat, exp: iat + 60 }), header);
    };
    expect(await codeOf(await tokenOf(), patient)).to.equal('taken');
    issuer.goDown();
    clock += 3_600_000;
    const before = issuer.asked.length;
    for (let i = 0; i < 5; i += 1) {
      expect(await codeOf(await tokenOf(), patient), 'a known key').to.equal('taken');
      expect(await codeOf(await tokenOf({ kid: `guess-${i}` }), patient), 'an unknown key').to.equal('UNAVAILABLE');
    }
    const once = issuer.asked.length - before;
    expect(once).to.be.greaterThan(0);
    clock += 29_000;
    await codeOf(await tokenOf({ kid: 'a guess' }), patient);
    expect(issuer.asked.length - before, 'within half a minute').to.equal(once);
    clock += 2_000;
    await codeOf(await tokenOf({ kid: 'a guess' }), patient);
    expect(issuer.asked.length - before, 'later').to.equal(2 * once);
    issuer.comeBack();
    clock += 31_000;
    expect(await codeOf(await tokenOf({ kid: 'a guess' }), patient)).to.equal('UNAUTHENTICATED');
  });

  it('takes nothing unchecked while the keys cannot be had, and goes on when they can', async () => {
    const fresh = reader(0);
    issuer.goDown();
    expect(await codeOf(await key.sign(claims(issuer)), fresh)).to.equal('UNAVAILABLE');
    expect(await codeOf(await key.sign(claims(issuer)), read), 'keys that are there are used').to.equal('taken');
    issuer.comeBack();
    expect(await codeOf(await key.sign(claims(issuer)), fresh)).to.equal('taken');
  });

  it('lets an issuer that hangs cost only tokens with keys that are not known yet, and goes on when it answers', async () => {
    let clock = Date.now();
    const config = { issuer: issuer.url, audience: 'https://earshot.example', jwksUrl: undefined };
    const patient = createAccessTokenReader(config, { now: () => clock, elapsed: () => clock });
    const [known, next] = [await issuer.newKey(), await issuer.newKey()];
    const tokenOf = (by: SigningKey) =>
      by.sign(claims(issuer, { iat: Math.floor(clock / 1000), exp: Math.floor(clock / 1000) + 60 }));
    known.publish();
    expect(await codeOf(await tokenOf(known), patient)).to.equal('taken');
    next.publish();
    const goOn = issuer.hang();
    clock += 3_600_000;
    expect(await codeOf(await tokenOf(known), patient), 'an hour later').to.equal('taken');
    expect(await codeOf(await tokenOf(next), patient), 'while it hangs').to.equal('UNAVAILABLE');
    clock += 24 * 3_600_000;
    expect(await codeOf(await tokenOf(known), patient), 'a day later').to.equal('UNAVAILABLE');
    goOn();
    for (const by of [known, next]) expect(await codeOf(await tokenOf(by), patient)).to.equal('taken');
  });

  it('reads no set of keys to the end that is longer than any', async () => {
    const [fresh, many] = [reader(0), await issuer.newKey()];
    for (let n = 0; n < 2_000; n += 1) many.publish();
    expect(await codeOf(await key.sign(claims(issuer)), fresh)).to.equal('UNAVAILABLE');
    many.withdraw();
    expect(await codeOf(await key.sign(claims(issuer)), fresh)).to.equal('taken');
  });

  it('takes no keys from the metadata of another issuer', async () => {
    const liar = createAccessTokenReader(
      { issuer: `${issuer.url}/`, audience: 'https://earshot.example', jwksUrl: undefined },
      { now: Date.now, elapsed },
    );
    expect(await codeOf(await key.sign(claims(issuer)), liar)).to.equal('UNAVAILABLE');
  });
});

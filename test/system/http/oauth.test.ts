import { expect } from 'chai';
import type { Stack } from '../../../local/stack/stack.ts';
import { type Api, createApi } from '../../support/api.ts';
import { bearer } from '../../support/http/credentials.ts';
import { claims, type Issuer, type SigningKey, startIssuer } from '../../support/http/issuer.ts';
import { startTestStack } from '../../support/stack.ts';

describe('OAuth access tokens', () => {
  let issuer: Issuer;
  let key: SigningKey;
  let stack: Stack;
  let api: Api;

  before(async () => {
    issuer = await startIssuer();
    const made = await issuer.newKey('RS256');
    made.publish();
    key = made;
    stack = await startTestStack({
      env: { EARSHOT_OAUTH_ISSUER: issuer.url, EARSHOT_OAUTH_AUDIENCE: 'https://earshot.example' },
    });
    api = createApi(stack);
  });

  after(async () => {
    await stack?.stop();
    await issuer?.stop();
  });

  const retrieve = async (token: string, phoneNumber = '+8613800138000') =>
    api.call('POST', '/v1/subscribers/retrieve', { phoneNumber }, bearer(token));

  it('open what the client is registered for and the token names, and nothing once the registration is revoked', async () => {
    const alice = await api.join('+8613800138000', 'Alice');
    const token = await key.sign(claims(issuer));
    const before = await retrieve(token);
    expect([before.status, before.headers.get('www-authenticate')]).to.deep.equal([
      401,
      'Bearer error="invalid_token"',
    ]);

    const registration = {
      name: 'Portal',
      clientId: 'portal',
      scopes: ['subscribers:read', 'audit:read'],
      ranges: ['+8613'],
    };
    const { body } = await api.expectStatus(201, api.call('POST', '/v1/credentials', registration));
    expect(body).to.include({ kind: 'oauth' }).and.not.to.have.property('key');
    expect((await retrieve(token)).body.subscriberId).to.equal(alice.id);
    expect((await retrieve(token, '+4915146788700')).status, 'outside its range').to.equal(403);

    const rows = api.call('POST', '/v1/imports', '{}\n', { ...bearer(token), 'content-type': 'application/x-ndjson' });
    expect((await rows).headers.get('www-authenticate'), 'named in the token only').to.equal(
      'Bearer error="insufficient_scope", scope="imports:write"',
    );
    const audit = api.call('GET', '/v1/audit', undefined, bearer(token));
    expect((await audit).status, 'registered only').to.equal(403);

    const credentialId = body.credentialId as unknown as string;
    const { text } = await api.call('GET', `/v1/audit?credential=${credentialId}`);
    expect(text).to.contain('"caller":"oauth"').and.to.contain(`"callerId":"${credentialId}"`);

    await api.expectStatus(204, api.call('DELETE', `/v1/credentials/${credentialId}`));
    expect((await retrieve(token)).status).to.equal(401);
  });

  it('are refused when they are no good, like a wrong key', async () => {
    const expired = await retrieve(await key.sign(claims(issuer, { exp: 1 })));
    expect([expired.status, expired.body.code]).to.deep.equal([401, 'UNAUTHENTICATED']);
    expect((await retrieve('a.b.c')).status).to.equal(401);
  });
});

import { expect } from 'chai';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { useStack } from '../../support/stack.ts';

describe('the HTTP API', () => {
  const stack = useStack();
  const api = createApi(stack);

  it('ties a number to an account that the operator names, and makes no password then', async () => {
    await stack.server().makeAccount('dora@op.example', 'secret');
    const { body } = await api.expectStatus(
      201,
      api.call('POST', '/v1/subscribers', {
        phoneNumber: '+4915146788794',
        displayName: 'Dora',
        jid: 'Dora@OP.example',
      }),
    );
    expect(body)
      .to.deep.include({ phoneNumber: '+4915146788794', displayName: 'Dora', jid: 'dora@op.example' })
      .and.not.have.property('password');
  });

  it('answers the same request with the same Idempotency-Key the same way, and does it once', async () => {
    const headers = { 'idempotency-key': 'order-4711' };
    const request = { phoneNumber: '+4915146788796' };
    const first = await api.expectStatus(201, api.call('POST', '/v1/subscribers', request, headers));
    const again = await api.expectStatus(201, api.call('POST', '/v1/subscribers', request, headers));
    expect(again.body).to.deep.equal(first.body).and.to.have.property('password');
    expect(again.headers.get('idempotency-replayed')).to.equal('true');
    const other = await api.expectStatus(
      422,
      api.call('POST', '/v1/subscribers', { phoneNumber: '+4915146788797' }, headers),
    );
    expect(other.body.code).to.equal('IDEMPOTENCY_KEY_REUSED');
    const both = await Promise.all(
      [1, 2].map(() =>
        api.call('POST', '/v1/subscribers', { phoneNumber: '+4915146788798' }, { 'idempotency-key': 'twice' }),
      ),
    );
    expect(both.map(({ status }) => status))
      .to.include(201)
      .and.to.satisfy((statuses: number[]) => statuses.every((status) => status === 201 || status === 409));
  });

  it('echoes a correlation id, or makes one, and knows the call by it only if it is a UUID', async () => {
    /** What the header of the answer says, and what the problem in it does. */
    const echo = async (sent: string, path = '/v1/nothing') => {
      const { headers, body } = await api.call('GET', path, undefined, { 'x-correlator': sent });
      return [headers.get('x-correlator'), body.correlator];
    };
    const uuid = 'B4333c46-49c0-4f62-80d7-f0ef930f1c46';
    expect(await echo(uuid)).to.deep.equal([uuid, uuid]);
    for (const sent of ['abc-123', '8613800138000', '00000000-0000-0000-0000-861380013800', 'a:;./<>{}_'.repeat(25)])
      for (const path of ['/v1/nothing', '/%']) {
        const [header, known] = await echo(sent, path);
        expect(header).to.equal(sent);
        expect(known).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}$/);
      }
    for (const sent of ['x'.repeat(257), '{"evil":1}', 'two words']) {
      const [header, known] = await echo(sent);
      expect(header)
        .to.match(/^[0-9a-f-]{36}$/)
        .and.equal(known);
    }
  });

  it('answers a method that a path has not with 405 and those that it has, before the body is read', async () => {
    const send = async (method: string, path: string) => {
      const answer = await fetch(`${stack.gatewayUrl}${path}`, { method, ...(method === 'GET' ? {} : { body: '{' }) });
      const { code = '' } = (await answer.json()) as { code?: string };
      return [answer.status, code, answer.headers.get('allow')];
    };
    const refused = (allow: string) => [405, 'METHOD_NOT_ALLOWED', allow];
    expect(await send('PUT', '/v1/subscribers')).to.deep.equal(refused('GET, HEAD, POST'));
    expect(await send('GET', '/v1/subscribers/retrieve')).to.deep.equal(refused('POST'));
    const book = '/v1/subscribers/me/address-book';
    expect(await send('POST', book)).to.deep.equal(refused('GET, HEAD, PUT, PATCH, DELETE'));
    expect(await send('POST', '/v1/subscribers/me/friends/events')).to.deep.equal(refused('GET'));
    for (const path of ['/livez', '/readyz', '/metrics', '/page/settings.json'])
      expect(await send('POST', path), path).to.deep.equal(refused('GET, HEAD'));
    expect(await send('DELETE', '/livez/events')).to.deep.equal(refused('GET'));
    expect(await send('POST', '/v1/nothing')).to.deep.equal([404, 'NOT_FOUND', null]);
  });

  it('describes itself as OpenAPI 3.1, with a page, and names every route', async () => {
    const { body } = await api.expectStatus(200, api.call('GET', '/openapi.json'));
    type Paths = Record<string, Record<string, { operationId: string }>>;
    const { openapi, paths } = body as unknown as { openapi: string; paths: Paths };
    expect(openapi).to.equal('3.1.0');
    const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    for (const id of ids) expect(id).to.match(/^[a-z]+([A-Z][a-z]+)+$/);
    expect(new Set(ids).size).to.equal(ids.length);
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const of = (rest: string) => `/v1/subscribers/{subscriberId}${rest}`;
    expect(calls).to.have.members([
      'GET /livez',
      'GET /livez/events',
      'GET /readyz',
      'GET /metrics',
      'GET /v1/operations',
      'GET /page/settings.json',
      'POST /v1/subscribers',
      'GET /v1/subscribers',
      'POST /v1/subscribers/retrieve',
      'POST /v1/numbers/recycle',
      'POST /v1/now-playing',
      'POST /v1/now-playing/retrieve',
      'POST /v1/imports',
      'GET /v1/imports/{importId}',
      'POST /v1/reconciliations',
      'GET /v1/reconciliations',
      'GET /v1/audit',
      'POST /v1/audit/search',
      'POST /v1/credentials',
      'GET /v1/credentials',
      'POST /v1/credentials/{credentialId}/rotate',
      'DELETE /v1/credentials/{credentialId}',
      'POST /v1/line-events',
      'POST /v1/subscriptions',
      'GET /v1/subscriptions',
      'GET /v1/subscriptions/{subscriptionId}',
      'POST /v1/subscriptions/{subscriptionId}/rotate',
      'DELETE /v1/subscriptions/{subscriptionId}',
      'GET /v1/events',
      `GET ${of('')}`,
      `PATCH ${of('')}`,
      `DELETE ${of('')}`,
      'POST /v1/verification/send-code',
      'POST /v1/verification/validate-code',
      'GET /v1/verification/outbox',
      'POST /v1/tokens',
      `GET ${of('/export')}`,
      `POST ${of('/tokens')}`,
      `POST ${of('/password')}`,
      `GET ${of('/tokens')}`,
      `DELETE ${of('/tokens')}`,
      `DELETE ${of('/tokens/{tokenId}')}`,
      `POST ${of('/application-passwords')}`,
      `GET ${of('/application-passwords')}`,
      `DELETE ${of('/application-passwords/{applicationPasswordId}')}`,
      `PUT ${of('/address-book')}`,
      `PATCH ${of('/address-book')}`,
      `GET ${of('/address-book')}`,
      `DELETE ${of('/address-book')}`,
      `GET ${of('/address-book/sources')}`,
      `PUT ${of('/address-book/sources/{name}')}`,
      `GET ${of('/address-book/sources/{name}')}`,
      `DELETE ${of('/address-book/sources/{name}')}`,
      `POST ${of('/address-book/sources/{name}/read')}`,
      `PUT ${of('/now-playing')}`,
      `GET ${of('/now-playing')}`,
      `DELETE ${of('/now-playing')}`,
      `GET ${of('/privacy')}`,
      `PUT ${of('/privacy')}`,
      `GET ${of('/friends')}`,
      `GET ${of('/friends/events')}`,
      `GET ${of('/friends/{friendId}/avatar')}`,
      `GET ${of('/popular')}`,
    ]);
    expect((await api.call('GET', '/docs/')).text).to.contain('swagger');
  });

  it('shows the metrics of all three processes, and nothing about a person', async () => {
    const { text } = await api.expectStatus(200, api.call('GET', '/metrics'));
    for (const role of ['gateway', 'component', 'worker']) expect(text).to.contain(`role="${role}"`);
    expect(text).to.not.match(/49151|op\.example|Dora/);
  });

  it('says in /readyz what is missing, and fails fast while Redis is away', async () => {
    await stack.kill('worker');
    await stack.kill('server');
    const missing = async () => (await api.call('GET', '/readyz')).body.missing as unknown as string[];
    await eventually(async () =>
      expect(await missing()).to.have.members(['the worker process', 'the connection to the XMPP server']),
    );
    const refused = await api.expectStatus(503, api.call('POST', '/v1/subscribers', { phoneNumber: '+4915146788799' }));
    expect(refused.body.code).to.equal('UNAVAILABLE');
    await stack.kill('redis');
    const away = await api.expectStatus(
      503,
      api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: '+4915146788796' }),
    );
    expect(away.body.code).to.equal('UNAVAILABLE');
    expect(away.headers.get('retry-after')).to.equal('2');
    expect(await missing()).to.deep.equal(['Redis']);
    expect((await api.call('GET', '/livez')).status).to.equal(200);
    for (const part of ['redis', 'server', 'worker'] as const) await stack.restart(part);
    await stack.untilReady();
  });
});

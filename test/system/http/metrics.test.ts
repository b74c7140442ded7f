import { expect } from 'chai';
import { ALL_SCOPES } from '../../../domain/access/scope.ts';
import { freePort } from '../../../local/ports.ts';
import type { Stack } from '../../../local/stack/stack.ts';
import { type Api, createApi } from '../../support/api.ts';
import { bearer, issueKey } from '../../support/http/credentials.ts';
import { startTestStack } from '../../support/stack.ts';

describe('metrics', () => {
  let stack: Stack;
  let api: Api;
  let port: number;

  before(async () => {
    port = await freePort();
    stack = await startTestStack({ env: { EARSHOT_METRICS_LISTEN: `${port}` } });
    api = createApi(stack);
  });

  after(async () => stack?.stop());

  it('are told on the public port to the operator, and to a credential with their scope, and to nobody else', async () => {
    const get = (secret: string) => api.call('GET', '/metrics', undefined, bearer(secret));
    const scraper = await issueKey(api, ['metrics:read']);
    for (const secret of [stack.operatorKey, scraper.key])
      expect((await api.expectStatus(200, get(secret))).text).to.contain('role="gateway"');
    const { token } = await api.join('+8613800138000');
    const ranged = await issueKey(api, ['metrics:read'], ['+86']);
    const other = await issueKey(
      api,
      ALL_SCOPES.filter((scope) => scope !== 'metrics:read'),
    );
    for (const secret of [token, ranged.key, other.key]) expect((await get(secret)).status).to.equal(403);
    for (const secret of ['', 'esk_wrong']) expect((await get(secret)).status).to.equal(401);
  });

  it('are told without a credential where EARSHOT_METRICS_LISTEN says: on loopback, and nothing else is', async () => {
    const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method });
    const answer = await get('/metrics');
    expect([answer.status, answer.headers.get('content-type')]).to.deep.equal([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    const text = await answer.text();
    for (const role of ['gateway', 'component', 'worker']) expect(text).to.contain(`role="${role}"`);
    for (const [path, method] of [
      ['/', 'GET'],
      ['/v1/credentials', 'GET'],
      ['/readyz', 'GET'],
      ['/metrics', 'POST'],
    ] as const)
      expect((await get(path, method)).status, path).to.equal(404);
  });

  it('are still there when Redis is away only as far as one can say: 503', async () => {
    await stack.kill('redis');
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).to.equal(503);
    await stack.restart('redis');
    await stack.untilReady();
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).to.equal(200);
  });
});

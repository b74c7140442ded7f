import { expect } from 'chai';
import { FEW_BLOCKED, MANY_BLOCKED } from '../../gateway/access/many-blocked.ts';
import { MOST_EXPORTS } from '../../gateway/routes/export.ts';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { useRedis } from '../support/redis.ts';

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };

describe('limits of calls', () => {
  const server = useRedis();
  let gateway: TestGateway;

  before(async () => {
    gateway = await openTestGateway(server, { EARSHOT_LIMIT_SUBSCRIBER: '3', EARSHOT_LIMIT_ADDRESS: '5' });
  });

  after(async () => gateway?.stop());

  it('leave consent to be withdrawn while a program of one’s own has used up all other calls', async () => {
    const id = await gateway.join('+8613800138000');
    const { token } = await gateway.stores.tokens.issue(id, undefined, 3_600_000, Date.now());
    const call = async (method: 'GET' | 'PUT' | 'DELETE', path: string, payload?: object) => {
      const url = `/v1/subscribers/me/${path}`;
      const headers = { authorization: `Bearer ${token}` };
      return (await gateway.app.inject({ method, url, headers, ...(payload && { payload }) })).statusCode;
    };
    const statuses: number[] = [];
    for (let i = 0; i < 10; i += 1) statuses.push(await call('GET', 'friends'));
    expect(statuses).to.deep.equal([200, 200, 200, ...Array(7).fill(429)]);
    expect(await call('PUT', 'now-playing', { kind: 'audio', title: 'One more' })).to.equal(429);
    expect(await call('DELETE', 'now-playing')).to.equal(204);
    expect(await call('PUT', 'privacy', { ...OPEN, audience: 'nobody' })).to.equal(200);
    expect(await call('DELETE', 'tokens')).to.equal(204);
  });

  it('let a subscriber ask for few exports, as each reads all that is held, and a carrier for as many as it has subscribers', async () => {
    const free = await openTestGateway(server, {});
    const id = await free.join('+8613800138002');
    const { token } = await free.stores.tokens.issue(id, undefined, 3_600_000, Date.now());
    const ask = (authorization: string) =>
      free.app.inject({ method: 'GET', url: `/v1/subscribers/${id}/export`, headers: { authorization } });
    for (let i = 0; i < MOST_EXPORTS.calls; i += 1) expect((await ask(`Bearer ${token}`)).statusCode).to.equal(200);
    const over = await ask(`Bearer ${token}`);
    expect(over.statusCode).to.equal(429);
    expect(Number(over.headers['retry-after'])).to.be.within(1, MOST_EXPORTS.seconds);
    expect((await ask(free.operator.authorization)).statusCode).to.equal(200);
    await free.stop();
  });

  it('let many people be blocked less often than few, and compare the version of the settings before they look at them', async () => {
    const free = await openTestGateway(server, {});
    const id = await free.join('+8613800138001');
    const { token } = await free.stores.tokens.issue(id, undefined, 3_600_000, Date.now());
    const call = async (method: 'GET' | 'PUT', count: number, ifMatch?: string) => {
      const blocked = Array.from({ length: count }, (_, i) => ({ phoneNumber: `+86139${20_000_000 + i}` }));
      return free.app.inject({
        method,
        url: '/v1/subscribers/me/privacy',
        headers: { authorization: `Bearer ${token}`, ...(ifMatch && { 'if-match': ifMatch }) },
        ...(method === 'PUT' && { payload: { ...OPEN, blocked } }),
      });
    };
    const put = (count: number) => call('PUT', count);
    expect((await call('PUT', 1, '"7"')).statusCode).to.equal(412);
    const statuses: number[] = [];
    for (let i = 0; i < MANY_BLOCKED.calls - 1; i += 1) statuses.push((await put(FEW_BLOCKED + 1)).statusCode);
    statuses.push((await call('GET', 0)).statusCode);
    expect(new Set(statuses)).to.deep.equal(new Set([200]));
    const over = await put(FEW_BLOCKED + 1);
    expect([over.statusCode, over.headers['ratelimit-policy']]).to.deep.equal([
      429,
      '"consent";q=600;w=60, "many-blocked";q=10;w=10',
    ]);
    expect((await call('GET', 0)).statusCode, 'as many are shown').to.equal(429);
    expect((await put(FEW_BLOCKED)).statusCode, 'few').to.equal(200);
    expect((await call('GET', 0)).statusCode, 'few are shown').to.equal(200);
    await free.stop();
  });
});

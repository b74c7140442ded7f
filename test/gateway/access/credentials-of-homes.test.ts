import { expect } from 'chai';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { useRedis } from '../../support/redis.ts';

type Made = { credentialId: string; key: string; home?: string };

describe('credentials where there are several homes', () => {
  const server = useRedis();
  const [OP, BRAND] = ['op.example', 'brand.example'];
  const scopes = ['credentials:write', 'subscribers:write'];
  let gateway: TestGateway;

  before(async () => {
    gateway = await openTestGateway(server, { EARSHOT_HOMES: `${OP} ${BRAND}=+4915` });
  });

  after(() => gateway.stop());

  const as = (key: string) => ({ authorization: `Bearer ${key}` });
  const make = (headers: object, wanted: object = {}) =>
    gateway.call({
      method: 'POST',
      url: '/v1/credentials',
      headers: { ...headers },
      payload: { name: 'One', scopes, ...wanted },
    });
  const made = async (wanted: object = {}) => (await make(gateway.operator, wanted)).body as Made;
  const rotate = (headers: object, id: string) =>
    gateway.call({ method: 'POST', url: `/v1/credentials/${id}/rotate`, headers: { ...headers }, payload: {} });
  const revoke = (headers: object, id: string) =>
    gateway.call({ method: 'DELETE', url: `/v1/credentials/${id}`, headers: { ...headers } });
  const listed = async (headers: object) => {
    const { body } = await gateway.call({ method: 'GET', url: '/v1/credentials', headers: { ...headers } });
    return (body.credentials as Made[]).map(({ credentialId }) => credentialId);
  };

  it('see, make, rotate and revoke those of their own home only, however many scopes they have', async () => {
    const [brand, other, op, any] = [
      await made({ home: BRAND }),
      await made({ home: BRAND }),
      await made({ home: OP }),
      await made(),
    ];
    const own = as(brand.key);
    expect(await listed(own)).to.have.members([brand.credentialId, other.credentialId]);
    for (const { credentialId } of [op, any]) {
      expect((await rotate(own, credentialId)).status).to.equal(404);
      expect((await revoke(own, credentialId)).status).to.equal(404);
    }
    const elsewhere = await make(own, { home: OP });
    expect(elsewhere.status).to.equal(403);
    expect(elsewhere.body.detail).to.contain('home');
    expect(await make(own))
      .to.include({ status: 201 })
      .and.have.nested.property('body.home', BRAND);
    expect((await make(own, { home: BRAND })).status).to.equal(201);
    expect((await rotate(own, other.credentialId)).status).to.equal(200);
    expect((await revoke(own, other.credentialId)).status).to.equal(204);
  });

  it('reach those of every home where they have none', async () => {
    const [any, brand] = [await made(), await made({ home: BRAND })];
    expect(await listed(as(any.key))).to.include.members([any.credentialId, brand.credentialId]);
    expect((await rotate(as(any.key), brand.credentialId)).status).to.equal(200);
    expect((await make(as(any.key), { home: OP })).status).to.equal(201);
  });

  it('outlive nobody who made or rotated them', async () => {
    const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const end = at(2);
    const [short, lasting, shorter] = [await made({ expiresAt: end }), await made(), await made({ expiresAt: at(1) })];
    const own = as(short.key);
    for (const expiresAt of [at(3), '2999-01-01T00:00:00Z'])
      expect((await make(own, { expiresAt })).status, expiresAt).to.equal(403);
    for (const [wanted, expiresAt] of [
      [{}, end],
      [{ expiresAt: at(1) }, undefined],
    ] as const) {
      const { status, body } = await make(own, wanted);
      expect(status).to.equal(201);
      if (expiresAt !== undefined) expect(body.expiresAt).to.equal(expiresAt);
    }
    expect((await rotate(own, lasting.credentialId)).status, 'its key would go on').to.equal(404);
    expect(await listed(own)).to.include.members([short.credentialId, shorter.credentialId]);
    expect(await listed(own)).to.not.include(lasting.credentialId);
    expect((await rotate(own, shorter.credentialId)).status).to.equal(200);
    expect((await rotate(own, short.credentialId)).status, 'itself').to.equal(200);
  });

  it('say how a range begins that is none', async () => {
    const { status, body } = await make(gateway.operator, { ranges: ['4915'] });
    expect(status).to.equal(400);
    expect(body.detail).to.contain('must begin with + and the country code');
  });

  it('say where there is one home only that a home is for several', async () => {
    const alone = await openTestGateway(server);
    const { status, body } = await alone.call({
      method: 'POST',
      url: '/v1/credentials',
      headers: alone.operator,
      payload: { name: 'One', scopes, home: BRAND },
    });
    await alone.stop();
    expect(status).to.equal(400);
    expect(body.detail).to.contain('several').and.contain('leave home out');
  });
});

import { expect } from 'chai';
import { openTestGateway, type Reply, type TestGateway } from '../support/gateway.ts';
import { useRedis } from '../support/redis.ts';

const DAY = 86_400_000;
const [NUMBER, OTHER] = ['+8613800138000', '+8613900139000'] as const;

describe('a number whose subscriber was silent for long', () => {
  const server = useRedis();
  let gateway: TestGateway;

  beforeEach(async () => {
    gateway = await openTestGateway(server);
  });

  afterEach(async () => gateway.stop());

  /** A code for the number, and a way to use it. */
  async function codeFor(phoneNumber: string) {
    const { body } = await gateway.post('/v1/verification/send-code', { phoneNumber });
    const login = { authenticationId: String(body.authenticationId), code: await gateway.codeOf(phoneNumber) };
    return (more: object = {}) => gateway.post('/v1/verification/validate-code', { ...login, ...more });
  }

  const logIn = async (phoneNumber: string) => (await codeFor(phoneNumber))();
  const me = ({ body }: Reply) =>
    gateway.call({ method: 'GET', url: '/v1/subscribers/me', headers: { authorization: `Bearer ${body.token}` } });

  it('asks who had it before it opens anything, however often, and takes the same code with the answer', async () => {
    const id = await gateway.join(NUMBER);
    gateway.pass(45 * DAY + 3_600_000);
    const validate = await codeFor(NUMBER);
    for (let i = 0; i < 4; i += 1) {
      const asked = await validate();
      expect([asked.status, asked.body.code]).to.deep.equal([409, 'CONFIRMATION_REQUIRED']);
      expect(asked.body.detail).to.contain('existing: "continue"');
      expect(asked.text).to.not.contain(id).and.not.contain(NUMBER.slice(1));
    }
    expect(await gateway.stores.tokens.list(id, gateway.now())).to.deep.equal([]);
    const { status, body } = await validate({ existing: 'continue' });
    expect([status, body.subscriberId]).to.deep.equal([200, id]);
  });

  it('does not ask while the subscriber is heard of: by its tokens, or by its account being online', async () => {
    const id = await gateway.join(NUMBER);
    const first = await logIn(NUMBER);
    gateway.pass(40 * DAY);
    expect((await me(first)).status).to.equal(200);
    gateway.pass(40 * DAY);
    expect((await logIn(NUMBER)).status, 'heard of forty days ago').to.equal(200);
    gateway.pass(40 * DAY);
    expect((await logIn(NUMBER)).status, 'a login alone is no sign of the one who was there').to.equal(409);
    const resource = { resource: 'phone', show: 'available', status: '', priority: 0 } as const;
    gateway.pass(60_000);
    await gateway.stores.presences.write(`${id}@op.example`, [resource]);
    expect((await logIn(NUMBER)).status, 'online').to.equal(200);
  });

  it('asks always, or practically never, as the operator likes', async () => {
    for (const [days, status] of [
      ['0', 409],
      ['36500', 200],
    ] as const) {
      await gateway.stop();
      gateway = await openTestGateway(server, { EARSHOT_NUMBER_QUARANTINE_DAYS: days });
      await gateway.join(NUMBER);
      gateway.pass(3_000 * DAY);
      expect((await logIn(NUMBER)).status, days).to.equal(status);
    }
  });

  it('asks about a subscriber of a version that noted nothing', async () => {
    const id = await gateway.join(NUMBER);
    await server.redis.hDel(gateway.stores.keys.subscriber(id), 'heardAt');
    expect((await logIn(NUMBER)).status).to.equal(409);
  });

  it('destroys nothing for who starts anew while no account can be made', async () => {
    const id = await gateway.join(NUMBER);
    const validate = await codeFor(NUMBER);
    expect((await validate({ existing: 'startAnew' })).status).to.equal(503);
    const { status, body } = await validate();
    expect([status, body.subscriberId], 'the code and the subscriber are still there').to.deep.equal([200, id]);
  });

  it('is taken from the subscriber at once when a carrier says that it was recycled, and the tokens end', async () => {
    const alone = await gateway.join(NUMBER);
    const several = await gateway.join(OTHER, '+8613700137000');
    const logins = [await logIn(NUMBER), await logIn('+8613700137000')];
    for (const login of logins) expect((await me(login)).status).to.equal(200);
    const recycle = (phoneNumber: string, headers: Record<string, string> = gateway.operator) =>
      gateway.post('/v1/numbers/recycle', { phoneNumber }, undefined, headers);
    for (const number of [NUMBER, OTHER, '+8613600136000', NUMBER])
      expect((await recycle(number)).status).to.equal(204);
    for (const login of logins) expect((await me(login)).status).to.equal(401);
    expect(await gateway.stores.subscribers.get(alone)).to.equal(undefined);
    expect(await gateway.stores.subscribers.get(several)).to.include({ phoneNumber: '+8613700137000' });

    const { body } = await gateway.post(
      '/v1/credentials',
      { name: 'A carrier', scopes: ['subscribers:write'], ranges: ['+8613800'] },
      undefined,
      gateway.operator,
    );
    const carrier = { authorization: `Bearer ${body.key}` };
    expect((await recycle(NUMBER, carrier)).status).to.equal(204);
    for (const number of ['+8613700137000', '+8613600136000']) {
      const { status, body } = await recycle(number, carrier);
      expect([status, body.code]).to.deep.equal([403, 'PERMISSION_DENIED']);
    }
    expect(await gateway.stores.subscribers.get(several)).to.not.equal(undefined);
  });
});

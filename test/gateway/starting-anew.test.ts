import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { AUDIENCE, GRANT, startCarrier } from '../support/http/carrier.ts';
import { useRedis } from '../support/redis.ts';

const [NUMBER, HOST] = ['+8613800138000', 'op.example'] as const;
const SWAPPED = 'org.camaraproject.sim-swap-subscriptions.v0.swapped';
const DAY = 86_400_000;
const WRONG = [401, 'UNAUTHENTICATED'];
const UNAVAILABLE = [503, 'UNAVAILABLE'];

describe('who starts anew with a number', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let carrier: Awaited<ReturnType<typeof startCarrier>>;

  before(async () => {
    carrier = await startCarrier();
  });
  after(async () => carrier?.stop());

  beforeEach(async () => {
    gateway = await openTestGateway(server, {
      EARSHOT_QUICKSY: 'on',
      EARSHOT_ACCOUNT_NAMES: 'number',
      EARSHOT_ASSERTION_ISSUER: carrier.issuer,
      EARSHOT_ASSERTION_JWKS_URL: carrier.jwksUrl,
      EARSHOT_ASSERTION_AUDIENCE: AUDIENCE,
    });
  });
  afterEach(async () => gateway?.stop());

  /** A code for the number, and a way to use it. */
  async function sendCode() {
    // Few are sent within three minutes, and the outbox has the newest first.
    gateway.pass(181_000);
    const { body } = await gateway.post('/v1/verification/send-code', { phoneNumber: NUMBER });
    const proof = { authenticationId: String(body.authenticationId), code: await gateway.codeOf(NUMBER) };
    return async (existing?: string): Promise<[number, unknown]> => {
      const answer = await gateway.post('/v1/verification/validate-code', { ...proof, ...(existing && { existing }) });
      return [answer.status, answer.body.code ?? answer.body.subscriberId];
    };
  }

  async function swapSim(): Promise<void> {
    const data = { phoneNumber: NUMBER };
    const event = { specversion: '1.0', id: randomUUID(), source: '/lines', type: SWAPPED, data };
    expect((await gateway.post('/v1/line-events', event, undefined, gateway.operator)).status).to.equal(200);
  }

  /** A component says that it is ready, once: whoever asks again hears nothing of it any more. */
  async function componentGoesAfterOneLook(): Promise<void> {
    const { activeLease, keys, statuses } = gateway.stores;
    const instance = randomUUID();
    await activeLease.hold({ host: HOST, instance }, 'one', true);
    const [version, host, started, heard] = ['0.0.0', 'machine', gateway.now(), gateway.now()];
    await statuses.report(instance, { ready: true, missing: [], role: 'component', version, host, started, heard });
    for (const key of [keys.activeComponent(HOST), keys.status(instance)]) await server.redis.persist(key);
    const { component } = statuses;
    statuses.component = async (home) => {
      statuses.component = component;
      const found = await component(home);
      await statuses.withdraw(instance);
      return found;
    };
  }

  /** When the next code has been looked at and reserved. */
  function onceReserved(happens: () => Promise<void>): void {
    const { verifications } = gateway.stores;
    const { reserve } = verifications;
    verifications.reserve = async (...args) => {
      verifications.reserve = reserve;
      const fence = await reserve(...args);
      await happens();
      return fence;
    };
  }

  const isThere = async (id: string) => (await gateway.stores.subscribers.get(id)) !== undefined;

  it('erases nobody by a code that has just become void', async () => {
    const id = await gateway.join(NUMBER);
    const validate = await sendCode();
    await componentGoesAfterOneLook();
    onceReserved(swapSim);
    expect(await validate('startAnew')).to.deep.equal(WRONG);
    expect(await isThere(id)).to.equal(true);
  });

  it('erases nobody who has begun with another code in the same moment', async () => {
    await gateway.join(NUMBER);
    const [late, quick] = [await sendCode(), await sendCode()];
    let next = '';
    onceReserved(async () => {
      await componentGoesAfterOneLook();
      expect(await quick('startAnew')).to.deep.equal(UNAVAILABLE);
      next = await gateway.join(NUMBER);
      await componentGoesAfterOneLook();
    });
    expect(await late('startAnew')).to.deep.equal(WRONG);
    expect(await isThere(next)).to.equal(true);
  });

  it('uses the same code again when no account could be made, and no other one that was sent before', async () => {
    const former = await gateway.join(NUMBER);
    const [others, own] = [await sendCode(), await sendCode()];
    await componentGoesAfterOneLook();
    expect(await own('startAnew')).to.deep.equal(UNAVAILABLE);
    expect(await isThere(former)).to.equal(false);
    for (let again = 0; again < 4; again += 1) expect(await own('startAnew')).to.deep.equal(UNAVAILABLE);
    const next = await gateway.join(NUMBER);
    expect(await others()).to.deep.equal(WRONG);
    expect(await own()).to.deep.equal([200, next]);
  });

  it('keeps one code at a time: the one by which it was said last, also of those that were sent since', async () => {
    await gateway.join(NUMBER);
    const first = await sendCode();
    await componentGoesAfterOneLook();
    expect(await first('startAnew')).to.deep.equal(UNAVAILABLE);
    const [second, third] = [await sendCode(), await sendCode()];
    await gateway.join(NUMBER);
    await componentGoesAfterOneLook();
    expect(await third('startAnew')).to.deep.equal(UNAVAILABLE);
    const next = await gateway.join(NUMBER);
    for (const other of [first, second]) expect(await other()).to.deep.equal(WRONG);
    expect(await third()).to.deep.equal([200, next]);
  });

  it('has a code less after a swapped SIM, also one that was kept', async () => {
    await gateway.join(NUMBER);
    const validate = await sendCode();
    await componentGoesAfterOneLook();
    expect(await validate('startAnew')).to.deep.equal(UNAVAILABLE);
    await swapSim();
    await gateway.join(NUMBER);
    expect(await validate()).to.deep.equal(WRONG);
  });

  it('uses the same assertion again', async () => {
    await gateway.join(NUMBER);
    const assertion = await carrier.assert(NUMBER);
    const exchange = (existing: string) => gateway.post('/v1/tokens', { grant_type: GRANT, assertion, existing });
    await componentGoesAfterOneLook();
    expect((await exchange('startAnew')).status).to.equal(503);
    const next = await gateway.join(NUMBER);
    const { status, body } = await exchange('continue');
    expect([status, body.subscriberId]).to.deep.equal([200, next]);
  });

  it('uses the same code again in a Quicksy client, which starts anew by itself after a silence', async () => {
    const former = await gateway.join(NUMBER);
    gateway.pass(50 * DAY);
    const installation = { 'installation-id': randomUUID(), 'accept-language': 'en' };
    const url = `/authentication/${NUMBER}`;
    expect((await gateway.call({ method: 'GET', url, headers: installation })).status).to.equal(200);
    const login = Buffer.from(`\u0000${NUMBER}\u0000${await gateway.codeOf(NUMBER)}`).toString('base64');
    const headers = { ...installation, authorization: login, 'content-type': 'text/plain' };
    const setPassword = () => gateway.call({ method: 'POST', url: '/password', headers, payload: 'a password' });
    await componentGoesAfterOneLook();
    expect((await setPassword()).status).to.equal(500);
    expect(await isThere(former)).to.equal(false);
    expect((await setPassword()).status, 'not 401: the code is right').to.equal(500);
  });
});

import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { LINE_TYPES } from '../../domain/subscription/line-event.ts';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { useRedis } from '../support/redis.ts';

const NUMBER = '+8613800138000';
const SWAPPED = 'org.camaraproject.sim-swap-subscriptions.v0.swapped';

describe('what carriers tell of their lines', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let carrier: Record<string, string>;
  let id: string;

  beforeEach(async () => {
    gateway = await openTestGateway(server, { EARSHOT_SIM_SWAP: 'ask-consent' });
    carrier = await newCarrier(['+86138']);
    id = String((await add(NUMBER)).body.subscriberId);
  });
  afterEach(async () => gateway?.stop());

  const post = (url: string, payload: object, headers: Record<string, string> = gateway.operator) =>
    gateway.post(url, payload, undefined, headers);
  const add = (phoneNumber: string, more: object = {}) =>
    post('/v1/subscribers', { phoneNumber, jid: `${randomUUID()}@op.example`, ...more });
  const tell = (type: string, more: object = {}, headers = carrier) =>
    post(
      '/v1/line-events',
      { specversion: '1.0', id: randomUUID(), source: '/lines', type, data: { phoneNumber: NUMBER }, ...more },
      headers,
    );
  const send = (method: 'GET' | 'PUT' | 'PATCH', rest: string, payload?: object) =>
    gateway.call({
      method,
      url: `/v1/subscribers/${id}${rest === '' ? '' : `/${rest}`}`,
      headers: gateway.operator,
      ...(payload && { payload }),
    });
  const found = async () => (await post('/v1/subscribers/retrieve', { phoneNumber: NUMBER })).body.subscriberId;

  async function newCarrier(ranges: string[]): Promise<Record<string, string>> {
    const { body } = await post('/v1/credentials', { name: 'A carrier', scopes: ['line-events:write'], ranges });
    return { authorization: `Bearer ${body.key}` };
  }

  for (const type of ['org.earshot.v1.number-recycled', 'org.earshot.v1.number-ported-out'])
    it(`part the number from who has it, once for each event (${type})`, async () => {
      const event = { id: 'one', source: 'https://carrier.example/lines' };
      expect(await tell(type, event)).to.deep.include({ status: 200, body: event });
      expect(await found()).to.equal(undefined);
      const next = String((await add(NUMBER)).body.subscriberId);
      const again = await tell(type, event);
      expect(again).to.deep.include({ status: 200, body: event });
      expect(again.headers['idempotency-replayed']).to.equal('true');
      expect(await found(), 'its next owner has it').to.equal(next);
      expect((await tell(type, { ...event, source: 'https://carrier.example/other' })).status).to.equal(200);
      expect(await found(), 'another event').to.equal(undefined);
    });

  it('part the number from nobody who gets it meanwhile, also where it is written in several forms', async () => {
    const phoneNumber = '+525512345678';
    const before = (await add(phoneNumber)).body.subscriberId;
    const { tokens } = gateway.stores;
    const { revokeAll } = tokens;
    let next: unknown;
    // Its number is free by then.
    tokens.revokeAll = async (gone) => {
      tokens.revokeAll = revokeAll;
      next = (await add(phoneNumber)).body.subscriberId;
      return revokeAll(gone);
    };
    const recycled = await tell('org.earshot.v1.number-recycled', { data: { phoneNumber } }, gateway.operator);
    expect(recycled.status).to.equal(200);
    expect(next).to.be.a('string').that.does.not.equal(before);
    expect((await post('/v1/subscribers/retrieve', { phoneNumber })).body.subscriberId).to.equal(next);
  });

  it('are the same event with whichever credential that reaches the line, and for no other carrier', async () => {
    const recycled = 'org.earshot.v1.number-recycled';
    const event = { id: 'five', source: '/lines' };
    const elsewhere = await newCarrier(['+49']);
    expect((await tell(recycled, event, elsewhere)).status).to.equal(403);
    const first = await tell(recycled, event);
    expect([first.status, first.headers['idempotency-replayed']], 'nobody else blocks it').to.deep.equal([
      200,
      undefined,
    ]);
    const next = String((await add(NUMBER)).body.subscriberId);
    const again = await tell(recycled, event, await newCarrier(['+861380']));
    expect([again.status, again.headers['idempotency-replayed']]).to.deep.equal([200, 'true']);
    expect(await found(), 'its next owner has it').to.equal(next);
    const refused = await tell(recycled, event, elsewhere);
    expect([refused.status, refused.headers['idempotency-replayed']], 'nobody else sees it').to.deep.equal([
      403,
      undefined,
    ]);
  });

  it('are the same event at a gateway that has the next number key already', async () => {
    const event = { id: 'seven', source: '/lines' };
    const next = await openTestGateway(server, {
      EARSHOT_REDIS_PREFIX: gateway.config.redisPrefix,
      EARSHOT_NUMBER_KEY: 'ef'.repeat(32),
      EARSHOT_NUMBER_KEY_PREVIOUS: 'ab'.repeat(32),
    });
    try {
      const type = 'org.earshot.v1.line-resumed';
      expect((await tell(type, event)).headers['idempotency-replayed']).to.equal(undefined);
      const payload = { specversion: '1.0', ...event, type, data: { phoneNumber: NUMBER } };
      const again = await next.post('/v1/line-events', payload, undefined, carrier);
      expect([again.status, again.headers['idempotency-replayed']]).to.deep.equal([200, 'true']);
    } finally {
      await next.stop();
    }
  });

  it('are told to wait while the same event is under way, and that another content is another event’s', async () => {
    const event = { id: 'six', source: '/lines' };
    const { tokens } = gateway.stores;
    const { revokeAll } = tokens;
    const meanwhile: unknown[] = [];
    tokens.revokeAll = async (gone) => {
      tokens.revokeAll = revokeAll;
      for (const type of [SWAPPED, 'org.earshot.v1.line-resumed']) {
        const { status, body } = await tell(type, event);
        meanwhile.push([status, body.code]);
      }
      return revokeAll(gone);
    };
    expect((await tell(SWAPPED, event)).status).to.equal(200);
    expect(meanwhile).to.deep.equal([
      [409, 'CONFLICT'],
      [422, 'IDEMPOTENCY_KEY_REUSED'],
    ]);
    expect((await tell(SWAPPED, event)).headers['idempotency-replayed']).to.equal('true');
  });

  it('are the same event whatever query their call has', async () => {
    const event = {
      ...{ specversion: '1.0', id: 'four', source: '/lines', type: 'org.earshot.v1.line-resumed' },
      data: { phoneNumber: NUMBER },
    };
    const replayed = async (query: string) =>
      (await post(`/v1/line-events${query}`, event, carrier)).headers['idempotency-replayed'];
    expect(await replayed('')).to.equal(undefined);
    expect(await replayed('?x=1')).to.equal('true');
  });

  it('are refused under the name of another event, for numbers out of range, and of a type that nobody knows', async () => {
    const event = { id: 'two', source: '/lines' };
    expect((await tell('org.earshot.v1.line-suspended', event)).status).to.equal(200);
    const other = await tell('org.earshot.v1.line-resumed', event);
    expect([other.status, other.body.code]).to.deep.equal([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect(other.body.detail, 'there is no Idempotency-Key').to.contain('source and id');
    const elsewhere = await tell('org.earshot.v1.number-recycled', {}, await newCarrier(['+49']));
    expect([elsewhere.status, elsewhere.body.code]).to.deep.equal([403, 'PERMISSION_DENIED']);
    expect((await tell('org.earshot.v1.line-painted', { id: 'again' })).status).to.equal(400);
    expect((await tell('org.earshot.v1.line-resumed', { id: 'again' })).status, 'a refusal is not kept').to.equal(200);
    expect((await tell('toString')).status).to.equal(400);
    expect((await tell('org.earshot.v1.number-recycled', { specversion: '0.3' })).status).to.equal(400);
    expect(await found()).to.equal(id);
  });

  it('are answered alike, whether anybody has the number or not', async () => {
    for (const type of LINE_TYPES) {
      const answer = await tell(type, { id: type, data: { phoneNumber: '+8613800138999' } });
      expect(answer).to.deep.include({ status: 200, body: { id: type, source: '/lines' } });
    }
  });

  it('are taken as CloudEvents say of themselves', async () => {
    const event = { specversion: '1.0', id: 'three', source: '/lines', type: 'org.earshot.v1.line-resumed' };
    const headers = { ...carrier, 'content-type': 'application/cloudevents+json; charset=utf-8' };
    const payload = JSON.stringify({ ...event, data: { phoneNumber: NUMBER }, traceparent: '00-extension' });
    const { statusCode } = await gateway.app.inject({ method: 'POST', url: '/v1/line-events', headers, payload });
    expect(statusCode).to.equal(200);
  });

  it('end what a swapped SIM could have opened, and ask for consent anew where the operator wants that', async () => {
    const { body } = await post(`/v1/subscribers/${id}/tokens`, {});
    const own = { authorization: `Bearer ${body.token}` };
    const passwords = async () => (await send('GET', 'application-passwords')).body.applicationPasswords;
    await post(`/v1/subscribers/${id}/application-passwords`, { name: 'A player' });
    expect(await passwords()).to.have.length(1);
    const settings = () => send('GET', 'privacy');
    expect((await settings()).body.discoverable).to.equal(true);
    expect((await tell(SWAPPED)).status).to.equal(200);
    expect((await gateway.call({ method: 'GET', url: '/v1/subscribers/me', headers: own })).status).to.equal(401);
    expect(await passwords()).to.deep.equal([]);
    expect((await settings()).body).to.deep.include({ discoverable: false, audience: 'friends' });
    expect(await found()).to.equal(id);
  });

  it('keep to themselves what a suspended line plays, until it is resumed, and leave the settings alone', async () => {
    const shared = async () => (await send('GET', 'now-playing')).body.shared;
    const play = (title: string) => send('PUT', 'now-playing', { kind: 'audio', title, length: 300 });
    await play('Before');
    expect(await shared()).to.equal(true);
    const before = (await send('GET', 'privacy')).body;
    await tell('org.earshot.v1.line-suspended');
    expect(await shared()).to.equal(false);
    await play('Meanwhile');
    expect(await shared()).to.equal(false);
    expect((await send('GET', 'privacy')).body).to.deep.equal(before);
    await tell('org.earshot.v1.line-resumed');
    expect(await shared()).to.equal(true);
  });

  it('suspend as long as one of the numbers is suspended that the subscriber has', async () => {
    const [SECOND, FOREIGN] = ['+8613800138002', '+4915146788794'];
    const shared = async () => (await send('GET', 'now-playing')).body.shared;
    const line = async (what: string, phoneNumber: string) =>
      expect((await tell(`org.earshot.v1.${what}`, { data: { phoneNumber } })).status).to.equal(200);
    const renumber = async (phoneNumber: string, otherPhoneNumbers: string[]) =>
      expect((await send('PATCH', '', { phoneNumber, otherPhoneNumbers })).status).to.equal(200);
    await renumber(NUMBER, [SECOND]);
    await send('PUT', 'now-playing', { kind: 'audio', title: 'Any', length: 300 });
    await line('line-suspended', NUMBER);
    await line('line-suspended', SECOND);
    await line('line-resumed', SECOND);
    expect(await shared(), 'one is resumed').to.equal(false);
    await renumber(NUMBER, [FOREIGN]);
    expect(await shared(), 'another carrier’s number is added').to.equal(false);
    await line('line-resumed', NUMBER);
    expect(await shared(), 'it is resumed all the same').to.equal(true);
    await renumber(NUMBER, [SECOND]);
    await line('line-suspended', NUMBER);
    await renumber(SECOND, [NUMBER]);
    expect(await shared(), 'in another order').to.equal(false);
    await line('number-recycled', NUMBER);
    expect(await shared(), 'it is recycled').to.equal(true);
    await line('line-suspended', SECOND);
    await renumber(NUMBER, []);
    expect(await shared(), 'it is changed').to.equal(true);
  });

  it('neither silence nor hide who has numbers of another carrier, too, whom a swapped SIM signs out', async () => {
    const numbers = { otherPhoneNumbers: ['+4915146788794'] };
    expect((await send('PATCH', '', numbers)).status).to.equal(200);
    const { body } = await post(`/v1/subscribers/${id}/tokens`, {});
    const own = { authorization: `Bearer ${body.token}` };
    const before = (await send('GET', 'privacy')).body;
    await tell('org.earshot.v1.line-suspended');
    expect((await gateway.stores.privacies.read(id)).privacy.suspended).to.equal(undefined);
    expect((await tell(SWAPPED)).status).to.equal(200);
    expect((await gateway.call({ method: 'GET', url: '/v1/subscribers/me', headers: own })).status).to.equal(401);
    expect((await send('GET', 'privacy')).body).to.deep.equal(before);
  });
});

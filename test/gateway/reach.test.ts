import { expect } from 'chai';
import type { InjectOptions } from 'fastify';
import type { Scope } from '../../domain/access/scope.ts';
import { ALL_SCOPES } from '../../domain/access/scope.ts';
import { changeIdentity } from '../../service/subscriber/subscriber-fields.ts';
import { openTestGateway, type Reply, type TestGateway } from '../support/gateway.ts';
import { useRedis } from '../support/redis.ts';

/** Numbers of two carriers. */
const [NORTH, NORTH_TWO, NORTH_THREE] = ['+4915146788701', '+4915146788702', '+4915146788703'] as const;
const [SOUTH, SOUTH_TWO, SOUTH_THREE] = ['+8613800138001', '+8613800138002', '+8613800138003'] as const;

const contact = { uid: 'c-1', name: 'Bob', phoneNumbers: ['+8613900139000'] };
const consent = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };
/** What the routes about one subscriber take. */
const BODIES: Record<string, object> = {
  'PUT /address-book': { contacts: [contact] },
  'PATCH /address-book': { upsert: [contact] },
  'PUT /address-book/sources/home': { url: 'https://dav.invalid/book/', bearerToken: 'secret' },
  'PUT /now-playing': { kind: 'audio', title: 'Jóga' },
  'PUT /privacy': consent,
  'POST /application-passwords': { name: 'A player' },
};

describe('a subscriber with numbers of two carriers', () => {
  const redis = useRedis();
  let gateway: TestGateway;
  let north: Record<string, string>;
  let south: Record<string, string>;

  beforeEach(async () => {
    gateway = await openTestGateway(redis);
    north = await keyFor(['+49']);
    south = await keyFor(['+86']);
  });

  afterEach(async () => gateway?.stop());

  async function keyFor(ranges: string[], scopes: readonly Scope[] = ALL_SCOPES): Promise<Record<string, string>> {
    const { key } = (await gateway.stores.credentials.create({ name: 'x', scopes, ranges }, gateway.now())) as {
      key: string;
    };
    return { authorization: `Bearer ${key}` };
  }

  const call = (headers: Record<string, string>, method: string, url: string, payload?: object | string) =>
    gateway.call({ method, url, headers, ...(payload === undefined ? {} : { payload }) } as InjectOptions);
  const retrieve = (headers: Record<string, string>, phoneNumber: string) =>
    call(headers, 'POST', '/v1/subscribers/retrieve', { phoneNumber });
  const patch = (headers: Record<string, string>, id: string, body: object) =>
    call(headers, 'PATCH', `/v1/subscribers/${id}`, body);

  async function importRow(headers: Record<string, string>, row: object): Promise<Record<string, unknown>> {
    const { text } = await call(
      { ...headers, 'content-type': 'application/x-ndjson' },
      'POST',
      '/v1/imports',
      `${JSON.stringify(row)}\n`,
    );
    return JSON.parse(text.split('\n')[0] ?? '');
  }

  async function numbersOf(id: string): Promise<unknown> {
    const { body } = await call(gateway.operator, 'GET', `/v1/subscribers/${id}`);
    return [body.phoneNumber, ...(body.otherPhoneNumbers as string[])];
  }

  function expectNothingOf(foreign: readonly string[], { text }: Reply): void {
    for (const what of foreign) expect(text).to.not.contain(what);
  }

  it('shows each carrier its own numbers, and neither number, id, JID nor name of the other’s', async () => {
    const id = await gateway.join(NORTH, SOUTH, NORTH_TWO);
    await patch(gateway.operator, id, { displayName: 'Alice' });
    const own = await retrieve(south, SOUTH);
    expect(own).to.have.property('status', 200);
    expect(own.body).to.deep.equal({ phoneNumber: SOUTH, otherPhoneNumbers: [], shared: true });
    for (const path of [`/v1/subscribers/${id}`]) {
      expect((await call(south, 'GET', path)).body).to.deep.equal(own.body);
      const { body } = await call(north, 'GET', path);
      expect(body).to.deep.equal({ phoneNumber: NORTH, otherPhoneNumbers: [NORTH_TWO], shared: true });
    }
    expect((await retrieve(south, NORTH)).status).to.equal(403);
    const { body } = await retrieve(gateway.operator, SOUTH);
    expect(body).to.include({ subscriberId: id, phoneNumber: NORTH, displayName: 'Alice' });
    expect(body).to.not.have.property('shared');
  });

  it('keeps by any import row what is the other carrier’s: numbers, name and JID', async () => {
    const id = await gateway.join(NORTH, SOUTH);
    const jid = `${id}@op.example`;
    for (const row of [
      { displayName: 'Mallory' },
      { displayName: 'Mallory', otherPhoneNumbers: [] },
      { jid },
      { jid: 'mallory@op.example' },
      { otherPhoneNumbers: [NORTH] },
    ])
      expect(await importRow(south, { phoneNumber: SOUTH, ...row }), JSON.stringify(row))
        .to.include({ outcome: 'refused', code: 'PERMISSION_DENIED' })
        .and.not.have.property('subscriberId');
    expect(await importRow(south, { phoneNumber: SOUTH, otherPhoneNumbers: [] })).to.deep.equal({
      row: 1,
      outcome: 'unchanged',
    });
    expect(await importRow(south, { phoneNumber: SOUTH, otherPhoneNumbers: [SOUTH_TWO] })).to.deep.equal({
      row: 1,
      outcome: 'updated',
    });
    expect(await numbersOf(id)).to.deep.equal([NORTH, SOUTH, SOUTH_TWO]);
    expect(await importRow(south, { phoneNumber: SOUTH_TWO, otherPhoneNumbers: [] })).to.include({
      outcome: 'updated',
    });
    expect(await numbersOf(id)).to.deep.equal([NORTH, SOUTH_TWO]);
    expect((await call(gateway.operator, 'GET', `/v1/subscribers/${id}`)).body).to.include({ jid, displayName: '' });
    expect((await retrieve(south, SOUTH)).status, 'its own number is free').to.equal(404);
    expect((await retrieve(north, NORTH)).status).to.equal(200);
  });

  it('has room for ten numbers of each carrier, so that neither can count the other’s', async () => {
    const more = Array.from({ length: 9 }, (_, i) => `+49151467888${String(i).padStart(2, '0')}`);
    const id = await gateway.join(NORTH, ...more.slice(0, 8), SOUTH);
    const row = { phoneNumber: SOUTH, otherPhoneNumbers: [SOUTH_TWO] };
    expect(await importRow(south, row)).to.deep.equal({ row: 1, outcome: 'updated' });
    expect((await patch(south, id, { otherPhoneNumbers: [SOUTH_TWO, SOUTH_THREE] })).status).to.equal(200);
    expect((await patch(north, id, { otherPhoneNumbers: more })).status).to.equal(200);
    expect(await numbersOf(id)).to.have.members([NORTH, ...more, SOUTH, SOUTH_TWO, SOUTH_THREE]);
    expect((await patch(gateway.operator, id, { displayName: 'Alice' })).status, 'nothing of its numbers').to.equal(
      200,
    );
    const eleven = { phoneNumber: NORTH, otherPhoneNumbers: [...more, NORTH_TWO] };
    expect(await importRow(north, eleven)).to.include({ outcome: 'refused', code: 'INVALID_ARGUMENT' });
  });

  it('lets a carrier change its own numbers with PATCH; the others stay, in their places', async () => {
    const id = await gateway.join(NORTH, SOUTH, NORTH_TWO);
    const { status, body } = await patch(south, id, { phoneNumber: SOUTH_TWO, otherPhoneNumbers: [SOUTH_THREE] });
    expect({ status, body }).to.deep.equal({
      status: 200,
      body: { phoneNumber: SOUTH_TWO, otherPhoneNumbers: [SOUTH_THREE], shared: true },
    });
    expect(await numbersOf(id)).to.deep.equal([NORTH, SOUTH_TWO, NORTH_TWO, SOUTH_THREE]);
    await patch(north, id, { phoneNumber: NORTH_THREE, otherPhoneNumbers: [] });
    expect(await numbersOf(id)).to.deep.equal([NORTH_THREE, SOUTH_TWO, SOUTH_THREE]);
    for (const refused of [{ phoneNumber: NORTH }, { otherPhoneNumbers: [NORTH_THREE] }, { displayName: 'Mallory' }])
      expect((await patch(south, id, refused)).status, JSON.stringify(refused)).to.equal(403);
    expect((await patch(south, id, { jid: 'mallory@op.example' })).status).to.equal(403);
    expect(await numbersOf(id)).to.deep.equal([NORTH_THREE, SOUTH_TWO, SOUTH_THREE]);
  });

  it('gives neither carrier what is the whole subscriber’s: of every route in the API’s description', async () => {
    const id = await gateway.join(NORTH, SOUTH);
    const { body } = await call({}, 'GET', '/openapi.json');
    const seen: string[] = [];
    for (const [path, methods] of Object.entries(body.paths as Record<string, object>))
      for (const method of Object.keys(methods).map((name) => name.toUpperCase())) {
        const rest = path.replace('/v1/subscribers/{subscriberId}', '').replace('{name}', 'home');
        if (!path.includes('{subscriberId}') || rest === '') continue;
        const url = `/v1/subscribers/${id}${rest.replace(/\{\w+\}/, 'any')}`;
        for (const headers of [north, south]) {
          const reply = await call(headers, method, url, BODIES[`${method} ${rest}`]);
          expect(reply.status, `${method} ${rest}: ${reply.text}`).to.equal(403);
          expectNothingOf([NORTH, SOUTH, `${id}@op.example`], reply);
        }
        seen.push(rest);
      }
    expect(seen).to.include('/tokens').and.include('/export').and.include('/address-book/sources/home/read');
    for (const headers of [north, south])
      expect((await call(headers, 'DELETE', `/v1/subscribers/${id}`)).status).to.equal(403);
    expect((await call(gateway.operator, 'DELETE', `/v1/subscribers/${id}`)).status).to.equal(204);
  });

  it('is nobody to a carrier of none of the numbers, and everything to one of all', async () => {
    const id = await gateway.join(NORTH, SOUTH);
    const other = await keyFor(['+33']);
    for (const [method, rest] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/friends'],
    ] as const)
      expect(
        (
          await call(
            other,
            method,
            `/v1/subscribers/${id}${rest}`,
            method === 'PATCH' ? { displayName: 'x' } : undefined,
          )
        ).status,
      ).to.equal(404);
    const both = await keyFor(['+49', '+86']);
    expect((await call(both, 'GET', `/v1/subscribers/${id}`)).body).to.include({ subscriberId: id });
    expect((await patch(both, id, { phoneNumber: SOUTH, otherPhoneNumbers: [] })).body).to.include({
      phoneNumber: SOUTH,
    });
    expect((await retrieve(north, NORTH)).status).to.equal(404);
  });

  it('is decided by the numbers at the moment of the change, not by those that were read before', async () => {
    const id = await gateway.join(SOUTH);
    const became = { phoneNumbers: [NORTH, SOUTH] as [string, string], jid: `${id}@op.example` };
    await changeIdentity(gateway.context, id, () => became);
    await Promise.all([
      importRow(south, { phoneNumber: SOUTH, otherPhoneNumbers: [SOUTH_TWO] }),
      importRow(north, { phoneNumber: NORTH, otherPhoneNumbers: [NORTH_TWO] }),
    ]);
    expect(await numbersOf(id)).to.have.members([NORTH, NORTH_TWO, SOUTH, SOUTH_TWO]);
  });

  it('has blocked numbers that a carrier neither sees, lifts nor names outside its ranges', async () => {
    const id = await gateway.join(NORTH);
    const path = `/v1/subscribers/${id}/privacy`;
    const all = [{ phoneNumber: SOUTH }, { phoneNumber: NORTH_TWO }, { subscriberId: 'somebody' }];
    expect((await call(gateway.operator, 'PUT', path, { ...consent, blocked: all })).status).to.equal(200);
    const shown = (await call(north, 'GET', path)).body.blocked;
    expect(shown).to.have.deep.members(all.slice(1));
    expect((await call(north, 'PUT', path, { ...consent, blocked: [{ phoneNumber: SOUTH_TWO }] })).status).to.equal(
      403,
    );
    expect((await call(north, 'PUT', path, consent)).body.blocked).to.deep.equal([]);
    expect((await call(gateway.operator, 'GET', path)).body.blocked).to.deep.equal([{ phoneNumber: SOUTH }]);
    expectNothingOf([SOUTH], await call(north, 'GET', `/v1/subscribers/${id}/export`));
  });

  it('is found in the audit trail by each carrier’s own number and with its own calls only', async () => {
    const id = await gateway.join(NORTH, SOUTH);
    await call(north, 'GET', `/v1/subscribers/${id}`);
    const search = (headers: Record<string, string>, phoneNumber: string) =>
      call(headers, 'POST', '/v1/audit/search', { phoneNumber });
    expect((await search(south, NORTH)).status).to.equal(403);
    expect((await search(south, SOUTH)).body.entries).to.deep.equal([]);
    expect((await search(north, NORTH)).body.entries).to.have.length(1);
  });
});

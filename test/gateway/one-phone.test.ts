import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { phoneNumberOf } from '../../store/subscriber/subscriber-record.ts';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { useRedis } from '../support/redis.ts';
import { addSubscriber } from '../support/subscribers.ts';

/** Both are valid in Argentina, and one phone. */
const [MOBILE, LINE] = ['+5491123456789', '+541123456789'] as const;

describe('one phone, however its number is written', () => {
  const server = useRedis();
  let gateway: TestGateway;

  beforeEach(async () => {
    gateway = await openTestGateway(server);
  });
  afterEach(async () => gateway?.stop());

  const post = (url: string, payload: object) => gateway.post(url, payload, undefined, gateway.operator);
  const retrieve = (phoneNumber: string) => post('/v1/subscribers/retrieve', { phoneNumber });
  const add = (phoneNumber: string, more: object = {}) =>
    post('/v1/subscribers', { phoneNumber, jid: `${randomUUID()}@op.example`, ...more });
  const recycle = (phoneNumber: string) => post('/v1/numbers/recycle', { phoneNumber });

  /** As it was stored before all forms of a number were entered. */
  async function joinAsBefore(phoneNumber: string): Promise<string> {
    const id = randomUUID();
    const { of, ids: keyIds } = gateway.context.numberKeys;
    const numberKey = of(phoneNumber)[0] as string;
    const names = { jid: `${id}@op.example`, displayName: '', state: 'pending' as const };
    await addSubscriber(gateway.stores, { id, phoneNumber, numberKey, keyIds, ...names }, gateway.now());
    return id;
  }

  for (const [first, second] of [
    [MOBILE, LINE],
    [LINE, MOBILE],
    ['+38344123456', '+37744123456'],
    ['+24106809073', '+24166809073'],
  ] as const) {
    it(`has one subscriber, who is found by each form (${first})`, async () => {
      const { body } = await add(first);
      expect(body.phoneNumber, 'as it was written').to.equal(first);
      for (const form of [first, second])
        expect(await retrieve(form)).to.have.nested.property('body.subscriberId', body.subscriberId);
      const refused = await add(second);
      expect(refused.body.code).to.equal('ALREADY_EXISTS');
      const other = await add('+8613800138000', { otherPhoneNumbers: [second] });
      expect(other.body.code).to.equal('ALREADY_EXISTS');
    });

    it(`is recycled by each form (${first})`, async () => {
      await add(first);
      expect((await recycle(second)).status).to.equal(204);
      for (const form of [first, second]) expect((await retrieve(form)).status).to.equal(404);
      expect((await add(second)).status).to.equal(201);
    });

    it(`stays with who was stored under one form before (${first})`, async () => {
      const id = await joinAsBefore(first);
      expect(await retrieve(first)).to.have.nested.property('body.subscriberId', id);
      expect(await retrieve(second)).to.have.nested.property('body.subscriberId', id);
      expect((await add(second)).body.code).to.equal('ALREADY_EXISTS');
      expect((await recycle(second)).status).to.equal(204);
      expect((await retrieve(first)).status).to.equal(404);
    });
  }

  it('is recycled with all who were stored under one form each before', async () => {
    const [one, other] = [await joinAsBefore(MOBILE), await joinAsBefore(LINE)];
    expect(await retrieve(MOBILE)).to.have.nested.property('body.subscriberId', one);
    expect(await retrieve(LINE)).to.have.nested.property('body.subscriberId', other);
    await recycle(LINE);
    for (const form of [MOBILE, LINE]) expect((await retrieve(form)).status).to.equal(404);
  });

  it('is one number of a subscriber, and goes by each form', async () => {
    const { body } = await add('+8613800138000', { otherPhoneNumbers: [LINE, MOBILE] });
    expect(body.otherPhoneNumbers).to.deep.equal([LINE]);
    await recycle(MOBILE);
    const left = await retrieve('+8613800138000');
    expect(left.body.otherPhoneNumbers).to.deep.equal([]);
    expect((await add(LINE)).status).to.equal(201);
  });

  it('is shown as its owner wrote it, by whichever form a friend holds it', async () => {
    const { body } = await add('+8613800138000', { otherPhoneNumbers: [LINE] });
    const record = await gateway.stores.subscribers.record(String(body.subscriberId));
    const { numberKeys } = gateway.context;
    for (const [form, number] of [
      [MOBILE, LINE],
      [LINE, LINE],
      ['+8613800138000', '+8613800138000'],
    ] as const)
      expect(record && phoneNumberOf(record, numberKeys.of(form)[0] as string)).to.equal(number);
  });

  it('is one row’s of an import, and another’s only as the same subscriber', async () => {
    const rows = [MOBILE, LINE].map((phoneNumber, n) =>
      JSON.stringify({ phoneNumber, jid: `row@op.example`, displayName: `Row ${n}` }),
    );
    const { text } = await gateway.call({
      method: 'POST',
      url: '/v1/imports',
      headers: { ...gateway.operator, 'content-type': 'application/x-ndjson' },
      payload: rows.join('\n'),
    });
    const outcomes = text
      .trim()
      .split('\n')
      .slice(0, 2)
      .map((line) => (JSON.parse(line) as { outcome: string }).outcome);
    expect(outcomes).to.deep.equal(['created', 'updated']);
  });

  it('is reached by a credential with either form’s range', async () => {
    const { body } = await add(MOBILE);
    const payload = { name: 'Lines', scopes: ['subscribers:read'], ranges: ['+5411'] };
    const { body: made } = await post('/v1/credentials', payload);
    const headers = { authorization: `Bearer ${made.key}` };
    for (const phoneNumber of [MOBILE, LINE]) {
      const found = await gateway.post('/v1/subscribers/retrieve', { phoneNumber }, undefined, headers);
      expect(found).to.have.nested.property('body.subscriberId', body.subscriberId);
    }
  });
});

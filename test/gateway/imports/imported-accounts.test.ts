import { expect } from 'chai';
import { partFromNumber } from '../../../service/login/number-holder.ts';
import { isActiveOrOrdered, subscribersWith } from '../../../service/subscriber/subscriber-fields.ts';
import type { Subscriber } from '../../../store/subscriber/subscriber-record.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { useRedis } from '../../support/redis.ts';

type Row = { phoneNumber: string; otherPhoneNumbers?: string[]; displayName?: string; jid?: string };
type Report = {
  row: number;
  outcome: string;
  subscriberId: string;
  password?: string;
  account?: string;
  code?: string;
};
type View = {
  state: string;
  rows: Record<string, number>;
  accounts: {
    ordered: number;
    waiting: number;
    made: number;
    failed: number;
    failures: { subscriberId: string; code: string }[];
  };
};

/** Nobody makes accounts here: the XMPP server is away. */
describe('rows of an import that ask for accounts', () => {
  const server = useRedis();
  let gateway: TestGateway;

  beforeEach(async () => {
    gateway = await openTestGateway(server, { EARSHOT_LIMIT_CARRIER: '0' });
    await gateway.stores.reconciliation.adoptKeys(gateway.context.numberKeys.ids);
  });
  afterEach(async () => gateway?.stop());

  const number = (n: number) => `+8613600${String(n).padStart(6, '0')}`;
  const rowsOf = (count: number) =>
    Array.from({ length: count }, (_, i): Row => ({ phoneNumber: number(i), displayName: `Row ${i}` }));

  async function send(rows: readonly Row[], headers: Record<string, string> = {}) {
    const {
      status,
      text,
      headers: answered,
    } = await gateway.call({
      method: 'POST',
      url: '/v1/imports',
      headers: { ...gateway.operator, 'content-type': 'application/x-ndjson', ...headers },
      payload: rows.map((row) => JSON.stringify(row)).join('\n'),
    });
    expect(status, text).to.equal(200);
    const lines = text.trim().split('\n');
    const end = JSON.parse(lines.at(-1) ?? '');
    expect(end, 'the last line').to.have.property('done', true);
    expect(answered.location).to.equal(`/v1/imports/${end.importId}`);
    const reports = lines.slice(0, -1).map((line): Report => JSON.parse(line));
    return { reports, counts: end.counts as Record<string, number>, url: String(answered.location) };
  }

  async function view(url: string, headers = gateway.operator): Promise<{ status: number; body: View }> {
    const { status, body } = await gateway.call({ method: 'GET', url, headers });
    return { status, body: body as unknown as View };
  }

  const retrieve = (n: number) =>
    gateway.call({
      ...{ method: 'POST', url: '/v1/subscribers/retrieve', headers: gateway.operator },
      payload: { phoneNumber: number(n) },
    });

  it('wait for no XMPP server: they are stored, with passwords that nobody is told twice, and their accounts are due', async () => {
    const { reports, url } = await send(rowsOf(300));
    expect(new Set(reports.map(({ outcome, account }) => `${outcome} ${account}`))).to.deep.equal(
      new Set(['created waiting']),
    );
    expect(new Set(reports.map(({ password }) => password)).size).to.equal(300);
    const { body } = await view(url);
    expect(body.state).to.equal('running');
    expect(body.rows).to.include({ received: 300, done: 300, created: 300, refused: 0 });
    expect(body.accounts).to.deep.equal({ ordered: 300, waiting: 300, made: 0, failed: 0, failures: [] });
    const first = reports[7] as Report;
    const url7 = `/v1/subscribers/${first.subscriberId}`;
    const own = await gateway.call({ method: 'GET', url: url7, headers: gateway.operator });
    for (const answer of [await retrieve(7), own])
      expect([answer.status, answer.body.code], 'before the account is there').to.deep.equal([409, 'CONFLICT']);
    expect(await gateway.stores.due.isMarked('order', first.subscriberId)).to.equal(true);
    const order = await gateway.stores.orders.of(first.subscriberId);
    expect(order?.password).to.equal(first.password);
    const again = await send(rowsOf(300));
    expect(new Set(again.reports.map(({ outcome, account }) => `${outcome} ${account}`))).to.deep.equal(
      new Set(['unchanged waiting']),
    );
    expect(again.reports.map(({ subscriberId }) => subscriberId)).to.deep.equal(
      reports.map(({ subscriberId }) => subscriberId),
    );
    expect((await view(again.url)).body.accounts.ordered).to.equal(0);
  });

  it('are told their passwords again under the same Idempotency-Key, of which all requests are one import', async () => {
    const key = { 'idempotency-key': 'one-file' };
    const first = await send(rowsOf(20), key);
    const again = await send(rowsOf(30), key);
    expect(again.reports.slice(0, 20)).to.deep.equal(first.reports);
    expect(again.url).to.equal(first.url);
    const { rows, accounts } = (await view(first.url)).body;
    expect(rows).to.include({ received: 30, done: 30, created: 30 });
    expect(accounts).to.include({ waiting: 30 });
    const [other] = (await send(rowsOf(1), { 'idempotency-key': 'another' })).reports;
    expect(other).to.include({ outcome: 'unchanged', account: 'waiting' }).and.not.to.have.property('password');
  });

  it('are found in the audit trail by number while they wait, where a password that is told again is no second creation', async () => {
    const key = { 'idempotency-key': 'one-file' };
    for (let i = 0; i < 3; i += 1) await send(rowsOf(1), key);
    const { status, body } = await gateway.post(
      '/v1/audit/search',
      { phoneNumber: number(0) },
      undefined,
      gateway.operator,
    );
    expect(status).to.equal(200);
    const entries = body.entries as unknown as { operation: string; status: number }[];
    expect(entries.filter(({ operation }) => operation === 'POST /v1/imports').map((one) => one.status)).to.deep.equal([
      200, 200, 201,
    ]);
  });

  it('are one subscriber where a row stands twice in a file: told once in each answer, and counted once', async () => {
    const key = { 'idempotency-key': 'twice' };
    const twice = [...rowsOf(2), ...rowsOf(1)];
    const first = await send(twice, key);
    expect(first.reports.map(({ outcome }) => outcome)).to.deep.equal(['created', 'created', 'unchanged']);
    expect(first.reports[2]).to.include({ subscriberId: first.reports[0]?.subscriberId });
    expect(first.reports[2]).to.not.have.property('password');
    expect(first.counts).to.include({ created: 2, unchanged: 1 });
    for (let i = 0; i < 2; i += 1) {
      const again = await send(twice, key);
      expect(again.reports).to.deep.equal(first.reports);
      expect((await view(again.url)).body.rows).to.include({ created: 2 });
    }
  });

  it('are told their passwords again also where somebody was erased whom the same row had made before', async () => {
    const key = { 'idempotency-key': 'made-anew' };
    const [first] = (await send(rowsOf(1), key)).reports;
    const url = `/v1/subscribers/${first?.subscriberId}`;
    expect((await gateway.call({ method: 'DELETE', url, headers: gateway.operator })).status).to.equal(204);
    const [anew] = (await send(rowsOf(1), key)).reports;
    expect(anew).to.include({ outcome: 'created' }).and.to.have.property('password').that.is.a('string');
    expect(anew?.subscriberId).to.not.equal(first?.subscriberId);
    expect((await send(rowsOf(1), key)).reports).to.deep.equal([anew]);
  });

  it('have their accounts counted where they are made, and where they cannot be', async () => {
    const { reports, url } = await send(rowsOf(3));
    const [made, taken, waiting] = reports.map(({ subscriberId }) => subscriberId) as [string, string, string];
    const { orders } = gateway.stores;
    expect(await orders.complete(made, gateway.now())).to.equal('quiet');
    await orders.fail(taken, 'ALREADY_EXISTS', gateway.now());
    const failures = [{ subscriberId: taken, code: 'ALREADY_EXISTS' }];
    expect((await view(url)).body.accounts).to.deep.equal({ ordered: 3, waiting: 1, made: 1, failed: 1, failures });
    expect((await retrieve(0)).body).to.include({ subscriberId: made, displayName: 'Row 0' });
    await orders.complete(waiting, gateway.now());
    expect((await view(url)).body.state).to.equal('done');
  });

  it('may name somebody else before the account is there, and other numbers only after it', async () => {
    const [row = { phoneNumber: '' }] = rowsOf(1);
    await send([row]);
    const renamed = { ...row, displayName: 'Renamed' };
    const more = { ...renamed, otherPhoneNumbers: [number(500)] };
    const { reports } = await send([renamed, renamed, more]);
    expect(reports.map(({ outcome, code }) => code ?? outcome)).to.deep.equal([
      'updated',
      'unchanged',
      'FAILED_PRECONDITION',
    ]);
    const id = reports[0]?.subscriberId ?? '';
    expect(await gateway.stores.subscribers.record(id)).to.include({ displayName: 'Renamed', ordered: true });
    await gateway.stores.orders.complete(id, gateway.now());
    expect((await send([more])).reports[0]?.outcome).to.equal('updated');
  });

  it('are erased like anybody, before their accounts are there, and their numbers are free at once', async () => {
    const { reports } = await send(rowsOf(2));
    const [{ subscriberId: gone = '' } = {}] = reports;
    const url = `/v1/subscribers/${gone}`;
    const remove = () => gateway.call({ method: 'DELETE', url, headers: gateway.operator });
    expect((await remove()).status).to.equal(204);
    expect((await remove()).status).to.equal(404);
    expect((await gateway.call({ method: 'GET', url, headers: gateway.operator })).status).to.equal(404);
    expect((await retrieve(0)).status).to.equal(404);
    expect(await gateway.stores.orders.of(gone)).to.equal(undefined);
    const again = (await send(rowsOf(2))).reports;
    expect(again.map(({ outcome }) => outcome)).to.deep.equal(['created', 'unchanged']);
    expect(again[0]?.subscriberId).to.not.equal(gone);
  });

  it('end with the number that they wait for: whoever had it gets no account when it was recycled', async () => {
    const { reports } = await send([...rowsOf(2), { phoneNumber: number(7), otherPhoneNumbers: [number(8)] }]);
    for (const [n, gone] of [
      [0, reports[0]],
      [8, reports[2]],
    ] as const) {
      const phoneNumber = number(n);
      const recycle = () => gateway.post('/v1/numbers/recycle', { phoneNumber }, undefined, gateway.operator);
      for (let i = 0; i < 2; i += 1) expect((await recycle()).status).to.equal(204);
      expect(await gateway.stores.orders.of(gone?.subscriberId ?? ''), phoneNumber).to.equal(undefined);
      const [heir] = (await send([{ phoneNumber }])).reports;
      expect(heir).to.include({ outcome: 'created', account: 'waiting' });
      expect(heir?.subscriberId).to.not.equal(gone?.subscriberId);
      expect(heir?.password).to.be.a('string').and.not.equal(gone?.password);
    }
    expect(await gateway.stores.orders.of(reports[1]?.subscriberId ?? ''), 'of another').to.not.equal(undefined);
  });

  it('are told to whoever proves the number in words for a person, and end for who starts anew', async () => {
    const [{ subscriberId = '' } = {}] = (await send(rowsOf(1))).reports;
    const { body } = await gateway.post('/v1/verification/send-code', { phoneNumber: number(0) });
    const login = { authenticationId: String(body.authenticationId), code: await gateway.codeOf(number(0)) };
    const prove = (existing?: string) => gateway.post('/v1/verification/validate-code', { ...login, existing });
    for (const existing of [undefined, 'continue']) {
      const { status, body } = await prove(existing);
      expect([status, body.code]).to.deep.equal([409, 'CONFLICT']);
      expect(body.detail).to.equal('The account for this number is just being made; try again in a few minutes.');
    }
    expect((await prove('startAnew')).status, 'while no account can be made').to.equal(503);
    const order = await gateway.stores.orders.of(subscriberId);
    const [subscriber] = await subscribersWith(gateway.context, [number(0)], isActiveOrOrdered);
    expect(subscriber?.id).to.equal(subscriberId).and.to.equal(order?.subscriber.id);
    await partFromNumber(gateway.context, subscriber as Subscriber, number(0));
    expect(await gateway.stores.orders.of(subscriberId)).to.equal(undefined);
  });

  it('keep a number from anybody else who wants it meanwhile', async () => {
    await send(rowsOf(1));
    const other = { phoneNumber: number(900), otherPhoneNumbers: [number(0)], jid: 'other@op.example' };
    expect((await send([other])).reports[0]).to.include({ outcome: 'refused', code: 'ALREADY_EXISTS' });
  });

  it('are made whole by the same file when a process died before it had ordered an account', async () => {
    const { place } = gateway.stores.orders;
    gateway.stores.orders.place = async () => Promise.reject(new Error('died'));
    const { text } = await gateway.call({
      ...{ method: 'POST', url: '/v1/imports', payload: JSON.stringify(rowsOf(1)[0]) },
      headers: { ...gateway.operator, 'content-type': 'application/x-ndjson' },
    });
    expect(JSON.parse(text).stopped).to.include({ row: 1, code: 'UNAVAILABLE' });
    gateway.stores.orders.place = place;
    const { reports, url } = await send(rowsOf(1));
    expect(reports[0]).to.include({ outcome: 'created', account: 'waiting' });
    expect((await view(url)).body.accounts).to.include({ waiting: 1 });
  });

  it('are of an import that runs until the last of its requests has ended', async () => {
    const { imports } = gateway.stores;
    const nothing = { received: 0, created: 0, updated: 0, unchanged: 0, refused: 0 };
    const key = { 'idempotency-key': 'side-by-side' };
    const { url } = await send([{ ...rowsOf(1)[0], jid: 'own@op.example' } as Row], key);
    const state = async () => (await view(url)).body.state;
    expect(await state()).to.equal('done');
    const importId = url.split('/').at(-1) ?? '';
    const open = { importId, requestId: 'of another gateway' };
    const soon = gateway.now() + 60_000;
    await imports.begin(open, 'operator', gateway.now(), soon);
    await send([], key);
    expect(await state(), 'one has ended, another is open').to.equal('running');
    await imports.note(open, nothing, undefined);
    expect(await state()).to.equal('done');
    await imports.begin(open, 'operator', gateway.now(), soon);
    gateway.pass(60_001);
    expect(await state(), 'its process died').to.equal('done');
  });

  it('tell how far they are to whom they are of, and to the operator', async () => {
    const issue = async (name: string) => {
      const { body } = await gateway.call({
        ...{ method: 'POST', url: '/v1/credentials', headers: gateway.operator },
        payload: { name, scopes: ['imports:write'], ranges: ['+86'] },
      });
      return { authorization: `Bearer ${body.key}` };
    };
    const [mine, theirs] = [await issue('mine'), await issue('theirs')];
    const { url } = await send(rowsOf(1), mine);
    expect((await view(url, mine)).status).to.equal(200);
    expect((await view(url)).status).to.equal(200);
    expect((await view(url, theirs)).status).to.equal(404);
    expect((await view('/v1/imports/none', mine)).status).to.equal(404);
  });
});

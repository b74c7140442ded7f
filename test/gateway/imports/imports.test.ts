import { expect } from 'chai';
import type { Queues } from '../../../runtime/queue/queues.ts';
import { allPartitions } from '../../../store/base/partitions.ts';
import type { Subscriber } from '../../../store/subscriber/subscriber-record.ts';
import { toldQueues } from '../../support/context.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { writtenSteps } from '../../support/measure/monitor.ts';
import { randomFrom } from '../../support/random.ts';
import { useRedis } from '../../support/redis.ts';

type Row = { phoneNumber: string; otherPhoneNumbers?: string[]; displayName?: string; jid?: string };
type Report = { row: number; outcome: string; subscriberId?: string; code?: string };

/** What follows is not what is measured here. */
const NO_QUEUES = toldQueues();

describe('an import', () => {
  const server = useRedis();
  let gateway: TestGateway;

  beforeEach(async () => {
    gateway = await open(NO_QUEUES);
  });
  afterEach(async () => gateway?.stop());

  /** As it is when a worker has begun. */
  async function open(queues: Queues): Promise<TestGateway> {
    const opened = await openTestGateway(server, { EARSHOT_LIMIT_CARRIER: '0' }, { queues });
    await opened.stores.reconciliation.adoptKeys(opened.context.numberKeys.ids);
    return opened;
  }

  const number = (n: number) => `+8613600${String(n).padStart(6, '0')}`;
  const rowOf = (n: number): Row => ({ phoneNumber: number(n), displayName: `Row ${n}`, jid: `row${n}@op.example` });
  const rowsOf = (count: number, first = 0) => Array.from({ length: count }, (_, i) => rowOf(first + i));

  async function send(rows: readonly Row[], dryRun: boolean | 1 = false): Promise<Report[]> {
    const { status, text } = await gateway.call({
      method: 'POST',
      url: `/v1/imports?dryRun=${dryRun}`,
      headers: { ...gateway.operator, 'content-type': 'application/x-ndjson' },
      payload: rows.map((row) => JSON.stringify(row)).join('\n'),
    });
    expect(status, text).to.equal(200);
    const lines = text.trim().split('\n');
    const reports: Report[] = lines.slice(0, -1).map((line) => JSON.parse(line));
    expect(JSON.parse(lines.at(-1) ?? ''), 'the last line').to.have.property('done', true);
    expect(reports.map(({ row }) => row)).to.deep.equal(rows.map((_, i) => i + 1));
    return reports;
  }
  const outcomes = (reports: readonly { outcome: string; code?: string | undefined }[]) =>
    reports.map(({ outcome, code }) => code ?? outcome);

  /** Commands, those within scripts included, and the steps that they are written in. */
  async function commands(doing: () => Promise<unknown>): Promise<{ all: number; steps: number }> {
    let all = 0;
    const steps = await writtenSteps(server.url, async () => {
      await server.redis.configResetStat();
      await doing();
      const stats = (await server.redis.info('commandstats')).matchAll(/cmdstat_[^:]+:calls=(\d+)/g);
      all = [...stats].reduce((sum, [, calls]) => sum + Number(calls), 0);
    });
    return { all, steps };
  }

  it('takes few commands and steps of Redis for each row, and fewer where nothing changes', async () => {
    const rows = rowsOf(2_000);
    const first = await commands(() => send(rows));
    expect(first.all / rows.length, 'commands a new row').to.be.below(14);
    expect(first.steps / rows.length, 'steps a new row').to.be.below(0.6);
    const again = await commands(() => send(rows));
    expect(again.all / rows.length, 'commands a row that is there').to.be.below(4);
    expect(again.steps / rows.length, 'steps a row that is there').to.be.below(0.3);
  });

  it('takes hardly more where an account is to be made for each row', async () => {
    const rows = rowsOf(2_000).map(({ jid: _none, ...row }) => row);
    const first = await commands(() => send(rows));
    expect(first.all / rows.length, 'commands a new row').to.be.below(15);
    expect(first.steps / rows.length, 'steps a new row').to.be.below(0.6);
  });

  it('says of rows that name the same numbers and JIDs what it would say of one after the other', async () => {
    const draw = randomFrom(7);
    const below = (end: number) => Math.floor(draw() * end);
    const rows = Array.from({ length: 200 }, (): Row => {
      const n = below(40);
      const row = rowOf(n);
      if (below(3) === 0) row.displayName = `Name ${below(3)}`;
      if (below(5) === 0) row.otherPhoneNumbers = [number(below(40)), number(500 + n)];
      if (below(20) === 0) row.jid = `row${below(40)}@op.example`;
      if (below(30) === 0) row.phoneNumber = '12345';
      return row;
    });
    const together = outcomes(await send(rows));
    const stored = await everybody();
    await gateway.stop();
    gateway = await open(NO_QUEUES);
    const alone: string[] = [];
    for (const row of rows) alone.push(...outcomes(await send([row])));
    expect(together).to.deep.equal(alone);
    expect(stored).to.deep.equal(await everybody());
    expect(new Set(together)).to.include.members(['created', 'updated', 'unchanged', 'ALREADY_EXISTS']);
  });

  async function everybody(): Promise<Omit<Subscriber, 'id'>[]> {
    const { stores } = gateway;
    const pages = Array.from({ length: await stores.roll.pages() }, (_, page) => stores.roll.page(page));
    const records = await stores.subscribers.records((await Promise.all(pages)).flat());
    return records
      .flatMap((record) => (record ? [record] : []))
      .map(({ id, ...rest }) => rest)
      .sort((a, b) => (a.phoneNumber < b.phoneNumber ? -1 : 1));
  }

  it('says in a dry run what it would say, also of what is refused because of others', async () => {
    await send([rowOf(1), { ...rowOf(2), otherPhoneNumbers: [number(22)] }, rowOf(3)]);
    const rows: Row[] = [
      rowOf(10),
      { ...rowOf(11), jid: 'row11@elsewhere.example' },
      { ...rowOf(12), jid: 'row1@op.example' },
      { ...rowOf(13), otherPhoneNumbers: [number(22)] },
      { ...rowOf(14), otherPhoneNumbers: [number(24)] },
      { ...rowOf(3), otherPhoneNumbers: [number(2)] },
      { ...rowOf(3), displayName: 'Renamed' },
      { ...rowOf(1), jid: 'other@op.example' },
      rowOf(2),
    ];
    const told = ({ row, outcome, code, detail }: Report & { detail?: string }) => ({ row, outcome, code, detail });
    const foretold = (await send(rows, true)).map(told);
    expect(outcomes(foretold)).to.deep.equal([
      ...['created', 'INVALID_ARGUMENT', 'ALREADY_EXISTS', 'ALREADY_EXISTS', 'created'],
      ...['ALREADY_EXISTS', 'updated', 'ALREADY_EXISTS', 'unchanged'],
    ]);
    expect((await send(rows, 1)).map(told), '`?dryRun=1` is the same').to.deep.equal(foretold);
    expect((await send(rows)).map(told)).to.deep.equal(foretold);
  });

  it('makes whole what a process that died had begun with, row by row as the file says', async () => {
    const rows = rowsOf(300);
    const { stores, context } = gateway;
    const pending = rows.slice(0, 200).map(({ phoneNumber, jid = '', displayName = '' }, i): Subscriber => {
      const numberKey = context.numberKeyOf(phoneNumber);
      return {
        id: `dead${i}`,
        phoneNumber,
        numberKey,
        keyIds: context.numberKeys.ids,
        jid,
        displayName,
        state: 'pending',
      };
    });
    expect(await stores.subscribers.createMany(pending, gateway.now())).to.not.include('refused');
    const reports = await send(rows);
    expect(new Set(outcomes(reports))).to.deep.equal(new Set(['created']));
    expect(outcomes(await send(rows))).to.deep.equal(rows.map(() => 'unchanged'));
    const left = await stores.subscribers.records(pending.map(({ id }) => id));
    expect(left.every((record) => record === undefined)).to.equal(true);
  });

  /** Whoever is due there, and when. */
  async function dueIn(queue: 'reconcile' | 'listen'): Promise<{ value: string; score: number }[]> {
    const { keys } = gateway.stores;
    const parts = allPartitions().map((part) => server.redis.zRangeWithScores(keys.duePart(queue, part), 0, -1));
    return (await Promise.all(parts)).flat();
  }

  it('is followed at a pace that leaves the machine to others, and by nobody later than that', async () => {
    const woken: string[] = [];
    const enqueue: Queues['enqueue'] = async (queue, ids) => void (queue === 'listen' && woken.push(...ids));
    await gateway.stop();
    gateway = await open({ ...NO_QUEUES, enqueue });
    const ids = (await send(rowsOf(2_000))).map(({ subscriberId = '' }) => subscriberId);
    // Of whichever part of the file is stored first: several are under way at a time.
    expect(ids).to.include.members(woken);
    expect(woken.length).to.be.within(25, 50);
    const due = await dueIn('listen');
    expect(due.map(({ value }) => value)).to.have.members(ids);
    const later = due.filter(({ value }) => !woken.includes(value));
    const times = later.map(({ score }) => score).sort((one, other) => one - other);
    for (const [i, time] of times.slice(51).entries()) expect(time - (times[i] ?? 0)).to.be.at.least(1_000);
  });

  it('asks for a reconcile job for those alone whose number somebody holds or blocks, or of whom a worker knows other keys', async () => {
    const { stores, context } = gateway;
    const numberKeyOf = (n: number) => context.numberKeyOf(number(n));
    const holder = await gateway.join(number(999));
    await stores.due.settle('reconcile', holder, []);
    await stores.holders.update(await stores.holders.indexOf(holder), [{ numberKey: numberKeyOf(7), held: true }]);
    const ids = (await send(rowsOf(300))).map(({ subscriberId = '' }) => subscriberId);
    expect((await dueIn('reconcile')).map(({ value }) => value)).to.deep.equal([ids[7]]);
    expect((await stores.subscribers.recordAnnounced(ids[7] ?? '')).announced).to.have.all.keys(numberKeyOf(7));
    expect((await stores.subscribers.recordAnnounced(ids[8] ?? '')).announced).to.deep.equal({});
    await stores.reconciliation.adoptKeys('others');
    const [later] = await send([rowOf(500)]);
    expect((await dueIn('reconcile')).map(({ value }) => value)).to.have.members([ids[7], later?.subscriberId]);
  });

  it('announces a new subscriber after all whom a holder has found before it was active', async () => {
    const { stores, context, now } = gateway;
    const holder = await gateway.join(number(999));
    await stores.due.settle('reconcile', holder, []);
    const newcomers = ['found', 'unknown'].map((id, i): Subscriber => {
      const numberKey = context.numberKeyOf(number(i));
      return { id, phoneNumber: number(i), numberKey, jid: `${id}@op.example`, displayName: '', state: 'pending' };
    });
    expect(await stores.subscribers.createMany(newcomers, now())).to.deep.equal(['unheld', 'unheld']);
    // The holder's job has found the first; it decides its own end at once, with somebody who is not active.
    await stores.pairs.touch(holder, ['found'], now());
    const activations = newcomers.map(({ id }) => ({ id, dueAt: now(), announceAt: undefined }));
    expect(await stores.subscribers.activateMany(activations, now())).to.deep.equal(['announced', 'quiet']);
    expect(await stores.subscribers.activateMany(activations, now())).to.deep.equal(['none', 'none']);
    expect((await stores.subscribers.recordAnnounced('found')).announced).to.have.all.keys(
      newcomers[0]?.numberKey ?? '',
    );
    expect((await dueIn('reconcile')).map(({ value }) => value)).to.have.members([holder, 'found']);
  });
});

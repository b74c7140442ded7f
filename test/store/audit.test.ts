import { expect } from 'chai';
import type { AuditRecord } from '../../store/audit.ts';
import type { Stores } from '../../store/stores.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

const ENTRY: AuditRecord = {
  caller: 'key',
  callerId: 'c-1',
  operation: 'PUT /v1/subscribers/{subscriberId}/now-playing',
  subject: 'abcdefghijklmnopqrstuv',
  correlator: '2f0a1c9e-6d3b-4c55-9f6e-0d8a3d1b7c11',
  status: 202,
  code: '',
};

describe('store/audit', () => {
  let redis: TestRedis;
  let stores: Stores;

  before(async () => {
    redis = await startTestRedis();
  });
  beforeEach(() => {
    stores = redis.freshStores();
  });
  after(async () => redis?.stop());

  async function record(count: number, more: Partial<AuditRecord> = {}, maxEntries = 1_000_000): Promise<void> {
    for (let i = 0; i < count; i += 500)
      await Promise.all(
        Array.from({ length: Math.min(500, count - i) }, (_, k) =>
          stores.audit.record('known', { ...ENTRY, correlator: `${i + k}`, ...more }, maxEntries),
        ),
      );
  }

  it('gives back what was written, the newest first', async () => {
    await record(3);
    const { entries, next } = await stores.audit.read({ trail: 'known', limit: 10 });
    expect(entries.map(({ correlator }) => correlator)).to.deep.equal(['2', '1', '0']);
    expect(entries[0]).to.deep.include({ ...ENTRY, correlator: '2' });
    expect(next).to.equal(undefined);
    expect((await stores.audit.read({ trail: 'unknown', limit: 10 })).entries).to.deep.equal([]);
  });

  it('is read page by page, without a gap or a repetition, while more is written', async () => {
    await record(50);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await stores.audit.read({ trail: 'known', limit: 7, cursor });
      seen.push(...page.entries.map(({ correlator }) => correlator));
      cursor = page.next;
      await record(1, { correlator: 'later' });
    } while (cursor !== undefined);
    expect(seen).to.deep.equal(Array.from({ length: 50 }, (_, i) => `${49 - i}`));
  });

  it('finds a few among many with the cursor, in questions of bounded cost', async () => {
    await record(1, { subject: 'needle', correlator: 'old' });
    await record(20_500);
    await record(1, { subject: 'needle', correlator: 'new' });
    const first = await stores.audit.read({ trail: 'known', subject: 'needle', limit: 10 });
    expect(first.entries.map(({ correlator }) => correlator)).to.deep.equal(['new']);
    const second = await stores.audit.read({ trail: 'known', subject: 'needle', limit: 10, cursor: first.next });
    expect(second.entries.map(({ correlator }) => correlator)).to.deep.equal(['old']);
    expect(second.next).to.equal(undefined);
  });

  it('is read between two times and for one caller', async () => {
    await record(2, { callerId: 'other' });
    await record(2);
    const all = (await stores.audit.read({ trail: 'known', limit: 10 })).entries;
    const own = await stores.audit.read({ trail: 'known', limit: 10, callerId: 'other' });
    expect(own.entries).to.have.length(2);
    const [newest, oldest] = [all[0]?.time ?? 0, all.at(-1)?.time ?? 0];
    const at = async (from: number, to: number) =>
      (await stores.audit.read({ trail: 'known', limit: 10, from, to })).entries.length;
    expect(await at(oldest, newest)).to.equal(4);
    expect(await at(newest + 1, newest + 1000)).to.equal(0);
    expect(await at(oldest - 1000, oldest - 1)).to.equal(0);
  });

  it('keeps as many as configured, the newest, and needs about 120 bytes for each', async () => {
    await record(20_000, {}, 10_000);
    const kept = await redis.redis.xLen(stores.keys.audit('known'));
    expect(kept).to.be.within(10_000, 10_200);
    expect((await stores.audit.read({ trail: 'known', limit: 1 })).entries[0]?.correlator).to.equal('19999');
    const bytes = Number(await redis.redis.memoryUsage(stores.keys.audit('known'), { SAMPLES: 0 })) / kept;
    expect(bytes).to.be.below(140);
  });
});

import { expect } from 'chai';
import type { AuditQuery, AuditRecord } from '../../../store/audit/audit.ts';
import { AUDIT_KINDS, type AuditPlace, NOBODY, SUBSCRIBERS, shareOf } from '../../../store/audit/audit-places.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

const ENTRY: AuditRecord = {
  caller: 'key',
  callerId: 'c-1',
  operation: 'PUT /v1/subscribers/{subscriberId}/now-playing',
  subject: 'abcdefghijklmnopqrstuv',
  correlator: '2f0a1c9e-6d3b-4c55-9f6e-0d8a3d1b7c11',
  status: 202,
  code: '',
};

const PLACE: AuditPlace = { kind: 'changes', lane: 'c-1', whose: 'c-1' };

describe('store/audit/audit', () => {
  const redis = useRedis();
  let stores: Stores;

  beforeEach(() => {
    stores = redis.freshStores();
  });

  async function record(
    count: number,
    more: Partial<AuditRecord> = {},
    maxEntries = 1_000_000,
    place = PLACE,
  ): Promise<void> {
    for (let i = 0; i < count; i += 500) {
      const entries = Array.from({ length: Math.min(500, count - i) }, (_, k) => ({
        place,
        entry: { ...ENTRY, correlator: `${i + k}`, ...more },
      }));
      await stores.audit.recordMany(entries, maxEntries);
    }
  }

  it('gives back what was written, the newest first', async () => {
    await record(3);
    const { entries, next } = await stores.audit.read({ trail: 'known', limit: 10 });
    expect(entries.map(({ correlator }) => correlator)).to.deep.equal(['2', '1', '0']);
    expect(entries[0]).to.deep.include({ ...ENTRY, correlator: '2' });
    expect(next).to.equal(undefined);
    expect((await stores.audit.read({ trail: 'unknown', limit: 10 })).entries).to.deep.equal([]);
  });

  it('takes many at once as one after the other, a share and its end included', async () => {
    const whose = { kind: 'changes', lane: SUBSCRIBERS, whose: 'abcdefghijklmnopqrstuv' } as const;
    const share = shareOf(whose) ?? 0;
    const some = (count: number, place: AuditPlace, operation = ENTRY.operation) =>
      Array.from({ length: count }, (_, i) => ({ place, entry: { ...ENTRY, correlator: `${i}`, operation } }));
    await stores.audit.recordMany([], 1_000_000);
    await stores.audit.recordMany([...some(3, PLACE), ...some(2, PLACE, 'POST /v1/imports')], 1_000_000);
    const { entries } = await stores.audit.read({ trail: 'known', limit: 10 });
    const told = (entries: readonly AuditRecord[]) =>
      entries.map(({ operation, correlator }) => [operation, correlator]);
    const of = (operation: string) => told(entries).filter(([one]) => one === operation);
    expect(of(ENTRY.operation).map(([, correlator]) => correlator)).to.deep.equal(['2', '1', '0']);
    expect(of('POST /v1/imports').map(([, correlator]) => correlator)).to.deep.equal(['1', '0']);
    await stores.audit.recordMany(some(share + 5, whose), 1_000_000);
    const shared = await stores.audit.read({ trail: 'known', limit: 1_000_000 });
    expect(shared.entries.length).to.equal(5 + share);
    expect(shared.entries.filter(({ more }) => more).map(({ correlator }) => correlator)).to.deep.equal([
      `${share - 1}`,
    ]);
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
    await record(2, { callerId: 'other' }, 1_000_000, { ...PLACE, lane: 'other' });
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
    const kept = await redis.redis.xLen(stores.keys.audit.stream('changes', 'c-1'));
    expect(kept).to.be.within(10_000, 10_200);
    expect((await stores.audit.read({ trail: 'known', limit: 1 })).entries[0]?.correlator).to.equal('19999');
    const bytes =
      Number(await redis.redis.memoryUsage(stores.keys.audit.stream('changes', 'c-1'), { SAMPLES: 0 })) / kept;
    expect(bytes).to.be.below(140);
  });

  const correlators = async (query: Partial<AuditQuery>) =>
    (await stores.audit.read({ trail: 'known', limit: 1_000, ...query })).entries.map(({ correlator }) => correlator);

  it('reads the streams of all kinds and callers as one, in the order in which the entries were made', async () => {
    const lanes = ['c-1', 'c-2', SUBSCRIBERS, NOBODY];
    for (let i = 0; i < 400; i += 1) {
      const [lane = '', kind = 'changes' as const] = [lanes[i % 4], AUDIT_KINDS[i % 3]];
      await stores.audit.record(
        { kind, lane, whose: 'x' },
        { ...ENTRY, callerId: lane, correlator: `${i}` },
        1_000_000,
      );
    }
    const all = Array.from({ length: 400 }, (_, i) => 399 - i);
    const known = all.filter((i) => i % 4 !== 3).map(String);
    expect(await correlators({})).to.deep.equal(known);
    expect(await correlators({ trail: 'unknown' })).to.deep.equal(all.filter((i) => i % 4 === 3).map(String));
    expect(await correlators({ trail: 'exports' })).to.deep.equal(known.filter((i) => Number(i) % 3 === 1));
    expect(await correlators({ callerId: 'c-2' })).to.deep.equal(known.filter((i) => Number(i) % 4 === 1));
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await stores.audit.read({ trail: 'known', limit: 23, cursor });
      paged.push(...page.entries.map(({ correlator }) => correlator));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(paged).to.deep.equal(known);
  });

  it('keeps what others did, whatever a credential is refused or changes: each has streams of its own', async () => {
    await record(1, { callerId: 'c-2', correlator: 'evidence' }, 1_000, { ...PLACE, lane: 'c-2' });
    await record(1, { correlator: 'own change' }, 1_000);
    await record(5_000, { status: 403, correlator: 'noise' }, 1_000, { ...PLACE, kind: 'refusals' });
    await record(3_000, { callerId: 'c-3', correlator: 'noise' }, 1_000, { ...PLACE, lane: 'c-3' });
    const changes = await correlators({ trail: 'changes', limit: 10_000 });
    expect(changes).to.include('evidence').and.include('own change');
    expect(await redis.redis.xLen(stores.keys.audit.stream('refusals', 'c-1'))).to.be.below(300);
  });

  it('writes of a subscriber’s calls of one kind a share a day, says so at its end, and goes on with everything else', async () => {
    const noisy = { kind: 'refusals', lane: SUBSCRIBERS, whose: 'noisy' } as const;
    const one = (place: AuditPlace, more: Partial<AuditRecord>) =>
      stores.audit.record(place, { ...ENTRY, caller: 'subscriber', callerId: place.whose, ...more }, 1_000_000);
    const written: boolean[] = [];
    for (let i = 0; i < 600; i += 1) written.push(await one(noisy, { correlator: 'noise' }));
    expect(written.filter(Boolean)).to.have.length(500);
    expect(
      await one(noisy, { operation: 'DELETE /v1/subscribers/{subscriberId}', correlator: 'another call' }),
    ).to.equal(true);
    expect(await one({ ...noisy, kind: 'changes' }, { correlator: 'a change' })).to.equal(true);
    expect(await one({ ...noisy, whose: 'quiet' }, { correlator: 'of another' })).to.equal(true);
    const { entries } = await stores.audit.read({ trail: 'known', limit: 4 });
    expect(entries.map(({ correlator, more }) => [correlator, more])).to.deep.equal([
      ['of another', false],
      ['a change', false],
      ['another call', false],
      ['noise', true],
    ]);
  });
});

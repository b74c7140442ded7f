import { expect } from 'chai';
import { pino } from 'pino';
import { createMetrics } from '../../runtime/metrics.ts';
import { createNumberKey } from '../../runtime/number-key.ts';
import type { Queues } from '../../runtime/queues.ts';
import { createReconcileJob } from '../../worker/reconcile.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

const NOW = 1_800_000_000_000;
const keyOf = createNumberKey(Buffer.alloc(32, 1));

describe('the reconcile job', () => {
  let server: TestRedis;

  before(async () => {
    server = await startTestRedis();
  });

  after(async () => server?.stop());

  it('ends a friendship by an old number, also when no book holds that number any more', async () => {
    const stores = server.freshStores();
    const queues: Queues = { enqueue: async () => {}, retryNow: async () => {}, close: async () => {} };
    const [metrics, log] = [createMetrics('worker'), pino({ level: 'silent' })];
    const reconcile = createReconcileJob({ stores, queues, policy: 'mutual', metrics, log, now: () => NOW });
    for (const id of ['alice', 'bob']) {
      const subscriber = { id, phoneNumber: '+1', numberKey: keyOf(id), jid: `${id}@op.example`, displayName: id };
      await stores.subscribers.create({ ...subscriber, state: 'pending' }, NOW);
      await stores.subscribers.activate({ ...subscriber, state: 'pending' }, NOW);
    }
    const holding = (id: string) => new Map([[id, { name: id, groups: [], numberKeys: [keyOf(id)] }]]);
    await stores.addressBooks.replace('alice', holding('bob'), NOW);
    await stores.addressBooks.replace('bob', holding('alice'), NOW);
    for (const id of ['alice', 'bob', 'alice']) await reconcile(id);
    expect(await stores.friends.list('alice').then((friends) => friends.length)).to.equal(1);
    const numbers = { phoneNumber: '+2', numberKey: keyOf('new') };
    await stores.subscribers.identity.change('alice', { numbers, jid: 'alice@op.example' }, NOW);
    await stores.addressBooks.drop('bob', NOW);
    for (const id of ['bob', 'alice', 'bob']) await reconcile(id);
    expect([
      await stores.friends.list('alice').then((friends) => friends.length),
      await stores.friends.list('bob').then((friends) => friends.length),
    ]).to.deep.equal([0, 0]);
  });
});

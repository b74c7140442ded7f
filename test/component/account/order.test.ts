import { expect } from 'chai';
import { pino } from 'pino';
import { createAccountJob } from '../../../component/account/account.ts';
import { createOrderJob } from '../../../component/account/order.ts';
import type { With } from '../../../component/context.ts';
import { Denied } from '../../../component/stream/denied.ts';
import { queuesThat } from '../../../runtime/queue/queue-table.ts';
import type { ServiceContext } from '../../../service/context.ts';
import { removeSubscriber } from '../../../service/subscriber/departure.ts';
import type { Stores } from '../../../store/stores.ts';

import type { Context as WorkerContext } from '../../../worker/context.ts';
import { forgetLeavers } from '../../../worker/sweep.ts';

import { useRedis } from '../../support/redis.ts';
import { ALICE } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const IMPORT = 'an-import';
const PASSWORD = 'told once';

describe('an account that an import has ordered', () => {
  const server = useRedis();
  let stores: Stores;
  let now: number;
  let job: (id: string) => Promise<void>;
  let accountJob: (id: string) => Promise<void>;
  /** The accounts of the host, and their passwords. */
  let accounts: Map<string, string>;
  let woken: string[];
  /** Where the process dies, the subscriber is erased, or the server says no. */
  let trouble: { before?: string; after?: string; erased?: string; denied?: boolean };
  let erase: () => Promise<void>;
  /** What the sweep does about those who leave; whatever else it waits for is done. */
  let forget: () => Promise<void>;

  beforeEach(async () => {
    stores = server.freshStores();
    now = NOW;
    [accounts, woken, trouble] = [new Map(), [], {}];
    const queues = { enqueue: async (queue: string, ids: string[]) => void (ids.length > 0 && woken.push(queue)) };
    const context = {
      ...{ stores, queues, now: () => now, log: pino({ level: 'silent' }), advice: () => '' },
      accounts: {
        exists: step('exists', async (jid: string) => accounts.has(jid)),
        add: step('add', async (jid: string, password: string) => {
          if (trouble.denied) throw new Denied('forbidden');
          accounts.set(jid, password);
        }),
        remove: step('remove', async (jid: string) => void accounts.delete(jid)),
      },
    } as unknown as With<'accounts' | 'advice'>;
    const service = { stores, queues, now: () => now, config: { consent: 'operator' } } as unknown as ServiceContext;
    job = createOrderJob(context, service);
    erase = () => removeSubscriber(service, ALICE.id);
    forget = async () => {
      for (const queue of queuesThat('holdsErasure'))
        if (queue !== 'order') await stores.due.settle(queue, ALICE.id, []);
      await forgetLeavers(context as unknown as WorkerContext);
    };
    accountJob = createAccountJob(context);
    await stores.subscribers.createMany([ALICE], NOW);
    const order = { id: ALICE.id, password: PASSWORD, sought: false, dueAt: NOW };
    expect(await stores.orders.place(IMPORT, [order])).to.deep.equal([true]);
  });

  /** What may fail before it is done, and after. */
  function step<Args extends unknown[], Result>(name: string, work: (...args: Args) => Promise<Result>) {
    return async (...args: Args): Promise<Result> => {
      if (trouble.before === name) throw new Error('died');
      if (trouble.erased === name) await erase();
      const result = await work(...args);
      if (trouble.after === name) throw new Error('died');
      return result;
    };
  }

  const record = () => stores.subscribers.record(ALICE.id);
  const counts = () => stores.orders.counts(IMPORT);
  const isDue = () => stores.due.isMarked('order', ALICE.id);

  async function expectMade(): Promise<void> {
    expect([...accounts]).to.deep.equal([[ALICE.jid, PASSWORD]]);
    expect(await record()).to.deep.equal({ ...ALICE, state: 'active' });
    expect(await counts()).to.deep.equal({ waiting: 0, made: 1, failed: 0, failures: [] });
    expect(await isDue()).to.equal(false);
    expect(await stores.due.isMarked('listen', ALICE.id)).to.equal(true);
    expect(await stores.accounts.madeFor(ALICE.id)).to.deep.equal([ALICE.jid]);
  }

  it('is made, and its subscriber active with it; once', async () => {
    expect(await record()).to.deep.equal({ ...ALICE, ordered: true });
    expect(await counts()).to.deep.equal({ waiting: 1, made: 0, failed: 0, failures: [] });
    await job(ALICE.id);
    await expectMade();
    expect(woken).to.deep.equal(['listen']);
    await job(ALICE.id);
    await expectMade();
  });

  for (const died of [{ before: 'exists' }, { after: 'exists' }, { before: 'add' }, { after: 'add' }])
    it(`is made when the process died ${Object.entries(died).flat().join(' it asked for ')}`, async () => {
      trouble = died;
      expect(await job(ALICE.id).catch((err: Error) => err.message)).to.equal('died');
      expect(await isDue(), 'still due').to.equal(true);
      expect(await counts()).to.include({ waiting: 1, made: 0 });
      trouble = {};
      await job(ALICE.id);
      await expectMade();
    });

  it('is made when the process died before it could say so', async () => {
    const { complete } = stores.orders;
    stores.orders.complete = async () => Promise.reject(new Error('died'));
    expect(await job(ALICE.id).catch((err: Error) => err.message)).to.equal('died');
    expect([...accounts.keys()]).to.deep.equal([ALICE.jid]);
    stores.orders.complete = complete;
    await job(ALICE.id);
    await expectMade();
  });

  it('has those looked for who marked a pair with its subscriber meanwhile, and who hold its number', async () => {
    await stores.pairs.touch('bob', [ALICE.id], NOW);
    await job(ALICE.id);
    expect(await stores.due.isMarked('reconcile', ALICE.id)).to.equal(true);
    expect((await stores.subscribers.recordAnnounced(ALICE.id)).announced).to.have.all.keys(ALICE.numberKey);
  });

  it('waits, however long, while the server refuses to make it; nobody gives its subscriber up', async () => {
    trouble.denied = true;
    await job(ALICE.id);
    now += 86_400_000;
    await accountJob(ALICE.id);
    await stores.subscribers.giveUp({ ...ALICE, ordered: true }, now);
    expect(await record()).to.deep.equal({ ...ALICE, ordered: true });
    expect(await isDue()).to.equal(true);
    trouble = {};
    await job(ALICE.id);
    await expectMade();
  });

  it('comes to nothing where somebody has an account of that name, which is left alone; the number is free again', async () => {
    accounts.set(ALICE.jid, 'of somebody else');
    await job(ALICE.id);
    expect([...accounts]).to.deep.equal([[ALICE.jid, 'of somebody else']]);
    expect(await record()).to.equal(undefined);
    const failures = [{ subscriberId: ALICE.id, code: 'ALREADY_EXISTS' }];
    expect(await counts()).to.deep.equal({ waiting: 0, made: 0, failed: 1, failures });
    expect(await stores.subscribers.createMany([{ ...ALICE, id: 'heir' }], now)).to.deep.equal(['unheld']);
  });

  it('is given up by the account job when the process died after the failure was counted', async () => {
    accounts.set(ALICE.jid, 'of somebody else');
    const { giveUp } = stores.subscribers;
    stores.subscribers.giveUp = async () => Promise.reject(new Error('died'));
    expect(await job(ALICE.id).catch((err: Error) => err.message)).to.equal('died');
    stores.subscribers.giveUp = giveUp;
    await job(ALICE.id);
    expect(await counts()).to.include({ waiting: 0, failed: 1 });
    expect(await stores.due.take('account', now, 10)).to.deep.equal([ALICE.id]);
    await accountJob(ALICE.id);
    expect(await record()).to.equal(undefined);
  });

  const NONE = { waiting: 0, made: 0, failed: 0, failures: [] };

  it('is made for nobody who was erased before, and counts as none', async () => {
    await erase();
    expect(woken).to.include('order');
    const heir = { ...ALICE, id: 'heir', jid: 'another@op.example' };
    expect(await stores.subscribers.createMany([heir], now), 'the number is free').to.deep.equal(['unheld']);
    await forget();
    expect((await record())?.state, 'until it is certain that none is made').to.equal('leaving');
    await job(ALICE.id);
    expect([...accounts]).to.deep.equal([]);
    expect(await counts()).to.deep.equal(NONE);
    await forget();
    expect(await record()).to.equal(undefined);
    await job(ALICE.id);
    expect(await counts()).to.deep.equal(NONE);
  });

  for (const erased of ['exists', 'add'])
    it(`is gone in the end when its subscriber is erased while the server is asked for: ${erased}`, async () => {
      trouble = { erased };
      await job(ALICE.id);
      trouble = {};
      await forget();
      expect((await record())?.state).to.equal('leaving');
      // The erasure has asked for it again, and it is not done before it has ended.
      await job(ALICE.id);
      expect(await counts()).to.deep.equal(NONE);
      expect([...accounts.keys()]).to.deep.equal(erased === 'add' ? [ALICE.jid] : []);
      await forget();
      await accountJob(ALICE.id);
      await forget();
      expect([...accounts]).to.deep.equal([]);
      expect(await record()).to.equal(undefined);
      expect(await stores.accounts.madeFor(ALICE.id)).to.deep.equal([]);
      expect(await isDue()).to.equal(false);
    });

  it('is kept sealed, and nothing of it once it is made', async () => {
    const { redis } = server;
    const before = JSON.stringify(await redis.hGetAll(stores.keys.subscriber(ALICE.id)));
    expect(before).to.not.contain(PASSWORD);
    expect((await stores.orders.of(ALICE.id))?.password).to.equal(PASSWORD);
    await job(ALICE.id);
    expect(await redis.hGetAll(stores.keys.subscriber(ALICE.id))).to.not.have.any.keys('order', 'orderedBy', 'sought');
  });
});

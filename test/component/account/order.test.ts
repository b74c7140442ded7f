import { expect } from 'chai';
import { pino } from 'pino';
import { createAccountJob } from '../../../component/account/account.ts';
import { createOrderJob } from '../../../component/account/order.ts';
import type { With } from '../../../component/context.ts';
import { Denied } from '../../../component/stream/denied.ts';
import type { ServiceContext } from '../../../service/context.ts';
import type { Stores } from '../../../store/stores.ts';
import type { Subscriber } from '../../../store/subscriber/subscriber-record.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = 1_800_000_000_000;
const ALICE: Subscriber = {
  id: 'alice',
  phoneNumber: '+8613800138000',
  numberKey: 'AAAAAAAAAAAA',
  jid: 'kefu-hobi@op.example',
  displayName: 'Alice',
  state: 'pending',
};
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
  /** Where the process dies, or the server says no. */
  let trouble: { before?: string; after?: string; denied?: boolean };

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
    accountJob = createAccountJob(context);
    await stores.subscribers.createMany([ALICE], NOW);
    const order = { id: ALICE.id, password: PASSWORD, sought: false, dueAt: NOW };
    expect(await stores.orders.place(IMPORT, [order])).to.deep.equal([true]);
  });

  /** What may fail before it is done, and after. */
  function step<Args extends unknown[], Result>(name: string, work: (...args: Args) => Promise<Result>) {
    return async (...args: Args): Promise<Result> => {
      if (trouble.before === name) throw new Error('died');
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
    expect(await stores.due.claim('account', now, 10)).to.deep.equal([ALICE.id]);
    await accountJob(ALICE.id);
    expect(await record()).to.equal(undefined);
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

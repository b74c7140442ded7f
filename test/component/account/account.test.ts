import { expect } from 'chai';
import { pino } from 'pino';
import { createAccountJob } from '../../../component/account/account.ts';
import type { With } from '../../../component/context.ts';
import { Denied } from '../../../component/stream/denied.ts';
import type { Stores } from '../../../store/stores.ts';
import type { Subscriber } from '../../../store/subscriber/subscriber-record.ts';
import type { Context as WorkerContext } from '../../../worker/context.ts';
import { forgetLeavers } from '../../../worker/sweep.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';

const NOW = 1_800_000_000_000;
const ALICE: Subscriber = {
  id: 'alice',
  phoneNumber: '+8613800138000',
  numberKey: 'AAAAAAAAAAAA',
  jid: 'kefu-hobi@op.example',
  displayName: '',
  state: 'pending',
};

describe('an account that nobody waits for any more', () => {
  let server: TestRedis;
  let stores: Stores;
  let job: (id: string) => Promise<void>;
  /** The accounts of the host. */
  let accounts: Set<string>;
  /** What the component has asked the server for and was not told yet. */
  let unanswered: Map<string, (denied?: Denied) => void>;

  before(async () => {
    server = await startTestRedis();
  });

  beforeEach(async () => {
    stores = server.freshStores();
    accounts = new Set();
    unanswered = new Map();
    job = createAccountJob({
      stores,
      log: pino({ level: 'silent' }),
      now: () => NOW,
      advice: () => '',
      accounts: {
        exists: (jid: string) => hang('exists').then(() => accounts.has(jid)),
        add: (jid: string) => hang('add').then(() => void accounts.add(jid)),
        setPassword: () => hang('setPassword'),
        remove: async (jid: string) => void accounts.delete(jid),
      },
    } as unknown as With<'accounts' | 'advice'>);
    await stores.subscribers.create(ALICE, NOW);
    await stores.accounts.want(ALICE.id, 'secret');
  });

  after(async () => server?.stop());

  function hang(what: string): Promise<void> {
    return new Promise((resolve, reject) =>
      unanswered.set(what, (denied) => (denied === undefined ? resolve() : reject(denied))),
    );
  }

  async function answer(what: string, denied?: Denied): Promise<void> {
    const tell = await eventually(() => {
      expect([...unanswered.keys()]).to.include(what);
      return unanswered.get(what);
    });
    unanswered.delete(what);
    tell?.(denied);
  }

  async function giveUp(): Promise<void> {
    await stores.accounts.forget(ALICE.id);
    await stores.subscribers.giveUp(ALICE, NOW);
  }

  const record = () => stores.subscribers.record(ALICE.id);

  it('is deleted when the server makes it late, and its subscriber is forgotten only then', async () => {
    const made = job(ALICE.id);
    await answer('exists');
    await eventually(() => expect([...unanswered.keys()]).to.deep.equal(['add']));
    await giveUp();
    expect((await record())?.state).to.equal('leaving');
    await answer('add');
    await made;
    expect([...accounts]).to.deep.equal([ALICE.jid]);
    const sweeper = { stores, queues: { enqueue: async () => {} }, now: () => NOW } as unknown as WorkerContext;
    for (const queue of ['reconcile', 'listen'] as const) await stores.due.settle(queue, ALICE.id, []);
    await forgetLeavers(sweeper);
    expect((await record())?.state).to.equal('leaving');
    await job(ALICE.id);
    expect([...accounts]).to.deep.equal([]);
    await forgetLeavers(sweeper);
    expect(await record()).to.equal(undefined);
    expect(await stores.accounts.isOurs([ALICE.numberKey])).to.equal(false);
  });

  it('is not made where the server had not been asked for it yet, and its subscriber is forgotten at once', async () => {
    const made = job(ALICE.id);
    await eventually(() => expect([...unanswered.keys()]).to.deep.equal(['exists']));
    await giveUp();
    expect(await record()).to.equal(undefined);
    await answer('exists');
    await made;
    expect([...unanswered.keys()]).to.deep.equal([]);
    expect(await stores.accounts.madeFor(ALICE.id)).to.deep.equal([]);
  });

  it('is none where the server has refused it: its subscriber is forgotten at once', async () => {
    const made = job(ALICE.id);
    await answer('exists');
    await answer('add', new Denied('forbidden'));
    await made;
    expect(await stores.accounts.state(ALICE.id)).to.equal('refused');
    await giveUp();
    expect(await record()).to.equal(undefined);
    expect(await stores.accounts.isOurs([ALICE.numberKey])).to.equal(false);
  });

  it('is kept where its subscriber has become active in the same moment', async () => {
    await stores.subscribers.activate(ALICE, NOW);
    await giveUp();
    expect((await record())?.state).to.equal('active');
    expect(await stores.directory.owners([ALICE.numberKey])).to.deep.equal([ALICE.id]);
  });
});

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
import { useRedis } from '../../support/redis.ts';
import { ALICE } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;

describe('an account that nobody waits for any more', () => {
  const server = useRedis();
  let stores: Stores;
  let job: (id: string) => Promise<void>;
  /** The accounts of the host. */
  let accounts: Set<string>;
  /** What the component has asked the server for and was not told yet. */
  let unanswered: Map<string, (denied?: Denied) => void>;

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
    for (const queue of ['reconcile', 'listen', 'order'] as const) await stores.due.settle(queue, ALICE.id, []);
    await forgetLeavers(sweeper);
    expect((await record())?.state).to.equal('leaving');
    await job(ALICE.id);
    expect([...accounts]).to.deep.equal([]);
    await forgetLeavers(sweeper);
    expect(await record()).to.equal(undefined);
    expect(await stores.accounts.madeFor(ALICE.id)).to.deep.equal([]);
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
    expect(await stores.accounts.madeFor(ALICE.id)).to.deep.equal([]);
  });

  it('is kept where its subscriber has become active in the same moment', async () => {
    await stores.subscribers.activate(ALICE, NOW);
    await giveUp();
    expect((await record())?.state).to.equal('active');
    expect(await stores.directory.owners([ALICE.numberKey])).to.deep.equal([ALICE.id]);
  });

  it('is made anew where an earlier try made it and was killed before it could say so', async () => {
    void job(ALICE.id);
    await answer('exists');
    await eventually(() => expect([...unanswered.keys()]).to.deep.equal(['add']));
    unanswered.clear();
    accounts.add(ALICE.jid);
    const again = job(ALICE.id);
    await answer('exists');
    await eventually(() => expect([...unanswered.keys()]).to.deep.equal(['add']));
    expect([...accounts]).to.deep.equal([]);
    await answer('add');
    await again;
    expect(await stores.accounts.state(ALICE.id)).to.equal('made');
  });

  describe('and one of the same name', () => {
    const HEIR: Subscriber = { ...ALICE, id: 'heir', jid: '+8613800138000@op.example' };
    const NEW_NUMBER = { phoneNumber: '+8613800138001', numberKey: 'BBBBBBBBBBBB', keyIds: '' };

    beforeEach(async () => {
      const made = job(ALICE.id);
      await answer('exists');
      await answer('add');
      await made;
      await stores.subscribers.activate(ALICE, NOW);
    });

    async function moveTo(jid: string): Promise<void> {
      expect(await stores.subscribers.identity.change(ALICE.id, { numbers: NEW_NUMBER, jid }, NOW)).to.equal('ok');
      if (jid !== ALICE.jid) await stores.formerJids.free(ALICE.id, ALICE.jid);
    }

    async function askFor(heir: Subscriber): Promise<void> {
      await stores.subscribers.create(heir, NOW);
      await stores.accounts.want(heir.id, 'secret');
      const asked = job(heir.id);
      await answer('exists');
      await eventually(async () => expect(await stores.accounts.state(heir.id)).to.equal('taken'));
      await asked;
    }

    it('that somebody made by hand is not deleted, though Earshot once made another for its number', async () => {
      await moveTo(ALICE.jid);
      accounts.add(HEIR.jid);
      await askFor(HEIR);
      expect([...accounts]).to.have.members([ALICE.jid, HEIR.jid]);
    });

    it('that was made for a subscriber who has another now goes when that one leaves, also while somebody waits for its name', async () => {
      await moveTo('own@op.example');
      const heir = { ...HEIR, jid: ALICE.jid };
      await askFor(heir);
      await stores.subscribers.leave(ALICE.id, NOW);
      await stores.due.postpone('account', ALICE.id, NOW);
      await job(ALICE.id);
      expect([...accounts]).to.deep.equal([ALICE.jid]);
      await stores.accounts.forget(heir.id);
      await stores.subscribers.giveUp(heir, NOW);
      await job(ALICE.id);
      expect([...accounts]).to.deep.equal([]);
      expect(await stores.accounts.madeFor(ALICE.id)).to.deep.equal([]);
    });
  });
});

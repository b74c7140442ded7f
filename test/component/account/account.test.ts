import { expect } from 'chai';
import { pino } from 'pino';
import { createAccountJob } from '../../../component/account/account.ts';
import type { With } from '../../../component/context.ts';
import { Denied } from '../../../component/stream/denied.ts';
import { queuesThat } from '../../../runtime/queue/queue-table.ts';
import { GRACE } from '../../../store/due/due.ts';
import type { Stores } from '../../../store/stores.ts';
import type { Subscriber } from '../../../store/subscriber/subscriber-record.ts';
import type { Context as WorkerContext } from '../../../worker/context.ts';
import { forgetLeavers } from '../../../worker/sweep.ts';
import { toldQueues } from '../../support/context.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';
import { ALICE } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;

describe('an account that nobody waits for any more', () => {
  const server = useRedis();
  let stores: Stores;
  let job: (id: string) => Promise<void>;
  /** The same of a component that is one of several homes'. */
  let jobAt: (home: string) => (id: string) => Promise<void>;
  let handedOn: string[];
  /** The accounts of the host. */
  let accounts: Set<string>;
  /** What the component has asked the server for and was not told yet. */
  let unanswered: Map<string, (denied?: Denied) => void>;

  beforeEach(async () => {
    stores = server.freshStores();
    accounts = new Set();
    unanswered = new Map();
    handedOn = [];
    const context = {
      stores,
      queues: toldQueues(async (queue, ids) => void handedOn.push(`${queue} of ${ids}`)),
      log: pino({ level: 'silent' }),
      now: () => NOW,
      advice: () => '',
      accounts: {
        exists: (jid: string) => hang('exists').then(() => accounts.has(jid)),
        add: (jid: string) => hang('add').then(() => void accounts.add(jid)),
        setPassword: () => hang('setPassword'),
        remove: async (jid: string) => void accounts.delete(jid),
      },
    } as unknown as With<'accounts' | 'advice'>;
    job = createAccountJob(context);
    jobAt = (home) => createAccountJob({ ...context, home });
    await stores.subscribers.create(ALICE, NOW);
    await stores.accounts.want(ALICE.id, 'secret', NOW);
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

  /** As the other jobs of somebody who leaves do it. */
  async function undo({ id }: Subscriber): Promise<void> {
    for (const queue of queuesThat('holdsErasure')) await stores.due.settle(queue, id, []);
  }

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
    await undo(ALICE);
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

  it('is due from the moment it is asked for, as nobody may hear of it, and no longer when it is made', async () => {
    const due = async () => (await stores.pending.of(ALICE.id)).due.account ?? 0;
    expect(await due()).to.equal(NOW + GRACE);
    const made = job(ALICE.id);
    await answer('exists');
    await answer('add');
    await made;
    expect(await due(), 'when it is given up that nobody makes active').to.be.above(NOW + 60_000);
    await job(ALICE.id);
    expect((await record())?.state, 'somebody may be about to fetch the answer').to.equal('pending');
    await stores.subscribers.activate(ALICE, NOW);
    await stores.accounts.forget(ALICE.id);
    expect(await due()).to.equal(0);
    await stores.accounts.want(ALICE.id, 'another', NOW);
    const renewed = job(ALICE.id);
    await answer('setPassword');
    await renewed;
    expect(await stores.accounts.state(ALICE.id)).to.equal('made');
    expect(await due()).to.equal(0);
  });

  it('stays until everything in it is undone, also where a new password was asked for as its subscriber left', async () => {
    const made = job(ALICE.id);
    await answer('exists');
    await answer('add');
    await made;
    await stores.subscribers.activate(ALICE, NOW);
    await stores.accounts.forget(ALICE.id);
    await stores.accounts.want(ALICE.id, 'another', NOW);
    await stores.subscribers.leave(ALICE.id, NOW);
    await job(ALICE.id);
    expect([...accounts]).to.deep.equal([ALICE.jid]);
    await undo(ALICE);
    await forgetLeavers({ stores, queues: { enqueue: async () => {} }, now: () => NOW } as unknown as WorkerContext);
    await job(ALICE.id);
    expect([...accounts]).to.deep.equal([]);
  });

  describe('that others are locked out of', () => {
    const due = async () => (await stores.pending.of(ALICE.id)).due.account ?? 0;

    beforeEach(async () => {
      const made = job(ALICE.id);
      await answer('exists');
      await answer('add');
      await made;
      await stores.subscribers.activate(ALICE, NOW);
      await stores.accounts.forget(ALICE.id);
    });

    it('gets no password that was asked for before, nor one that is asked for meanwhile', async () => {
      await stores.accounts.want(ALICE.id, 'of who had the phone', NOW);
      const late = job(ALICE.id);
      await eventually(() => expect([...unanswered.keys()]).to.deep.equal(['setPassword']));
      expect(await stores.lockOuts.begin(ALICE.id, NOW)).to.equal(true);
      expect(await stores.accounts.want(ALICE.id, 'once more', NOW)).to.equal(false);
      await answer('setPassword');
      await late;
      expect(await stores.accounts.state(ALICE.id), 'nobody is told that it was set').to.equal(undefined);
      expect(await due()).to.equal(NOW);
      const locked = job(ALICE.id);
      await answer('exists');
      await answer('setPassword');
      await locked;
      expect([await stores.lockOuts.isUnderWay(ALICE.id), await due()]).to.deep.equal([false, 0]);
      expect(await stores.accounts.want(ALICE.id, 'of who has the phone', NOW)).to.equal(true);
    });

    it('is due until the server has done it, whatever dies or is refused meanwhile', async () => {
      await stores.lockOuts.begin(ALICE.id, NOW);
      void job(ALICE.id);
      await answer('exists');
      await eventually(() => expect([...unanswered.keys()]).to.deep.equal(['setPassword']));
      unanswered.clear();
      const refused = job(ALICE.id);
      await answer('exists');
      await answer('setPassword', new Denied('forbidden'));
      await refused;
      expect(await stores.lockOuts.isUnderWay(ALICE.id)).to.equal(true);
      expect(await due()).to.be.above(NOW);
      const done = job(ALICE.id);
      await answer('exists');
      await answer('setPassword');
      await done;
      expect([await stores.lockOuts.isUnderWay(ALICE.id), await due()]).to.deep.equal([false, 0]);
    });

    it('has to be one that is there, and that Earshot made', async () => {
      await stores.lockOuts.begin(ALICE.id, NOW);
      // As a component does that knows nothing of it: whoever wants a password brings it back.
      await stores.due.settle('account', ALICE.id, []);
      expect(await stores.accounts.want(ALICE.id, 'any', NOW)).to.equal(false);
      expect(await due()).to.equal(NOW + GRACE);
      accounts.clear();
      const gone = job(ALICE.id);
      await answer('exists');
      await gone;
      expect([await stores.lockOuts.isUnderWay(ALICE.id), await due()]).to.deep.equal([false, 0]);
      await stores.accounts.forgetOurs(ALICE.id, ALICE.jid);
      expect(await stores.lockOuts.begin(ALICE.id, NOW)).to.equal(false);
    });
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

  it('is deleted by the home that it is at, the last of those where its subscriber had one', async () => {
    const elsewhere = 'alice@brand.example';
    const made = job(ALICE.id);
    await answer('exists');
    await answer('add');
    await made;
    await stores.subscribers.activate(ALICE, NOW);
    await stores.accounts.oursAgain(ALICE.id, elsewhere);
    accounts.add(elsewhere);
    await stores.subscribers.leave(ALICE.id, NOW);
    await undo(ALICE);
    await jobAt('op.example')(ALICE.id);
    expect([...accounts]).to.deep.equal([elsewhere]);
    expect(handedOn).to.deep.equal([`account of ${ALICE.id}`]);
    expect(await record()).to.include({ leavesHome: 'brand.example' });
    await stores.due.postpone('roster', ALICE.id, NOW);
    await jobAt('brand.example')(ALICE.id);
    expect(await record(), 'as something came in between').not.to.have.property('leavesHome');
    await stores.due.settle('roster', ALICE.id, []);
    await jobAt('op.example')(ALICE.id);
    await jobAt('brand.example')(ALICE.id);
    expect([...accounts]).to.deep.equal([]);
    expect(await record()).not.to.have.property('leavesHome');
    await forgetLeavers({ stores, queues: toldQueues(), now: () => NOW } as unknown as WorkerContext);
    expect(await record()).to.equal(undefined);
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
      if (jid !== ALICE.jid) await stores.formerJids.free(ALICE.id, ALICE.jid, NOW);
    }

    async function askFor(heir: Subscriber): Promise<void> {
      await stores.subscribers.create(heir, NOW);
      await stores.accounts.want(heir.id, 'secret', NOW);
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
      await undo(ALICE);
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

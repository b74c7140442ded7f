import { expect } from 'chai';
import { pino } from 'pino';
import type { Context } from '../../../component/context.ts';
import { forgetWritten } from '../../../component/lapses/forgetting.ts';
import { tellAgain } from '../../../component/lapses/told-again.ts';
import { createPassOver } from '../../../component/restore/pass-over.ts';
import { forgottenItems } from '../../../component/roster/forgotten-items.ts';
import type { XmppServer } from '../../../component/server/server.ts';
import { StanzaError } from '../../../component/stream/stanza-error.ts';
import { Fault } from '../../../domain/fault.ts';
import type { LedgerEntry } from '../../../domain/friendship/roster.ts';
import type { Friend } from '../../../store/friendship/friends.ts';
import { isAsked } from '../../../store/friendship/sharing.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const STARTED = NOW - 1_000;
const BEFORE = STARTED - 5_000;
const JID = 'alice@op.example';
const BOB: Friend = { id: 'bob', jid: 'bob@op.example', name: 'Bob', groups: [] };
const ALICE = { id: 'alice', phoneNumber: '+8613800138000', numberKey: 'AAAAAAAAAAAA', jid: JID, displayName: '' };
const MADE: LedgerEntry = { kind: 'made', name: 'Bob', groups: [] };
const NO_CHANGES = { set: [], unset: [], dirty: [], bar: [], unbar: [] };

describe('a server that was started again', () => {
  const redis = useRedis();
  let stores: Stores;
  let context: Context;
  let accounts: Set<string>;
  let looked: string[];
  let server: XmppServer;

  beforeEach(async () => {
    stores = redis.freshStores();
    [accounts, looked] = [new Set([JID]), []];
    context = { stores, log: pino({ level: 'silent' }), now: () => NOW } as unknown as Context;
    server = {
      lapses: { within: 45_000, startedAt: async () => STARTED },
      accounts: {
        exists: async (jid: string) => accounts.has(jid),
        add: async (jid: string) => void accounts.add(jid),
      },
    } as unknown as XmppServer;
    await addSubscriber(stores, ALICE, NOW);
    // Nothing of the beginning is left to be done.
    for (const queue of ['tune', 'roster', 'listen'] as const) await stores.due.settle(queue, 'alice', []);
  });

  async function tune(id: string): Promise<undefined> {
    looked.push(id);
  }

  const tell = (to: XmppServer = server) =>
    tellAgain(context, 'op.example', to, { tune, items: forgottenItems, passOver: createPassOver(context.log) });
  const isDue = (queue: 'tune' | 'roster' | 'listen') => stores.due.isMarked(queue, 'alice');

  async function toldAccess(): Promise<void> {
    const subscriber = await stores.subscribers.record('alice');
    if (!subscriber) throw new Error('there is no Alice');
    const changes = [
      ['model', 'whitelist'],
      ['bob@op.example', 'none'],
    ] as const;
    await stores.admissions.begin(subscriber, 'xmpp', JID, ['model', 'bob@op.example']);
    await stores.admissions.note('alice', 'xmpp', changes);
  }

  it('does not know any more who may look, nor what is shown: this is told before any job runs', async () => {
    await toldAccess();
    await redis.redis.hSet(stores.keys.told('alice', 'xmpp'), { state: 'told', fingerprint: 'f', at: `${BEFORE}` });
    await stores.lately.note(
      'alice',
      [
        { what: 'shown', outlet: 'xmpp' },
        { what: 'access', outlet: 'xmpp', field: 'bob@op.example' },
      ],
      BEFORE,
    );
    await tell();
    expect([...(await stores.admissions.read('alice', 'xmpp'))]).to.have.deep.members([
      ['model', 'whitelist'],
      ['bob@op.example', 'unknown'],
    ]);
    expect(await stores.told.read('alice', 'xmpp')).to.include({ state: 'unknown' });
    // Whoever is about to note what it told before notes nothing any more.
    expect(await redis.redis.hGet(stores.keys.told('alice', 'xmpp'), 'at')).to.equal(`${NOW}`);
    expect((await stores.nowPlaying.read('alice')).access).to.deep.equal(['xmpp']);
    expect(await isDue('tune')).to.equal(true);
    expect(looked).to.deep.equal(['alice']);
    expect(await stores.lately.whose('op.example', NOW)).to.deep.equal([]);
  });

  it('has what it was told since', async () => {
    await toldAccess();
    await stores.lately.note('alice', [{ what: 'access', outlet: 'xmpp', field: 'model' }], STARTED);
    await tell();
    expect((await stores.admissions.read('alice', 'xmpp')).get('model')).to.equal('whitelist');
    expect(looked).to.deep.equal([]);
    expect(await stores.lately.whose('op.example', NOW)).to.deep.equal(['alice']);
  });

  for (const [title, friend] of [
    ['may lack an item, which is no deletion by its user', true],
    ['may have the item of a former friend again, who parts once more', false],
  ] as const)
    it(title, async () => {
      if (friend) {
        await stores.friends.write('alice', { ...NO_CHANGES, set: [BOB] }, NOW);
        await stores.ledger.note('alice', JID, [{ jid: BOB.jid, seen: undefined, next: { ...MADE, since: 's' } }]);
      }
      const ledger: LedgerEntry = { ...MADE, pending: true };
      await stores.lately.note('alice', [{ what: 'item', account: JID, jid: BOB.jid, other: 'bob', ledger }], BEFORE);
      await tell();
      const [entry] = await stores.ledger.some('alice', JID, [BOB.jid]);
      expect(entry).to.deep.equal({ ...MADE, ...(friend && { since: 's' }), pending: true });
      expect((await stores.friends.dirtyItems('alice')).items).to.deep.equal([{ jid: BOB.jid, id: 'bob' }]);
      expect(isAsked((await stores.sharing.partings('alice')).bob)).to.equal(!friend);
      expect([await isDue('roster'), await isDue('tune')]).to.deep.equal([true, true]);
      expect(looked).to.deep.equal(['alice']);
    });

  it('is told nothing of a roster that its subscriber has left', async () => {
    const ledger: LedgerEntry = { ...MADE, pending: true };
    const former = { what: 'item', account: 'alice-before@op.example', jid: BOB.jid, other: 'bob', ledger } as const;
    await stores.lately.note('alice', [former], BEFORE);
    await tell();
    expect(await stores.ledger.some('alice', JID, [BOB.jid])).to.deep.equal([undefined]);
    expect(await isDue('roster')).to.equal(false);
  });

  it('may not tell the component what clients play, and may lack an account that was made', async () => {
    accounts.clear();
    await stores.lately.note('alice', [{ what: 'heard' }, { what: 'account-made', jid: JID }], BEFORE);
    await tell();
    expect(await isDue('listen')).to.equal(true);
    expect([...accounts]).to.deep.equal([JID]);
  });

  it('keeps nobody waiting where it does not make such an account again', async () => {
    const bob = { ...BOB, phoneNumber: '+8613900139000', numberKey: 'BBBBBBBBBBBB', displayName: '' };
    await addSubscriber(stores, bob, NOW);
    accounts.clear();
    server.accounts.add = async (jid) => {
      if (jid === JID) throw new StanzaError('not-allowed', '');
      accounts.add(jid);
    };
    for (const { id, jid } of [ALICE, bob]) await stores.lately.note(id, [{ what: 'account-made', jid }], BEFORE);
    await tell();
    expect([...accounts]).to.deep.equal([bob.jid]);
    expect(await stores.lately.whose('op.example', NOW), 'and it is not tried for ever').to.deep.equal([]);
    server.accounts.add = () => Promise.reject(new Fault('UNAVAILABLE', 'the stream broke'));
    await stores.lately.note('alice', [{ what: 'account-made', jid: JID }], BEFORE);
    expect(await tell().catch((err: Error) => err.message), 'what all of them would meet').to.equal('the stream broke');
  });

  it('may have an account again that was deleted', async () => {
    await stores.lately.note('alice', [{ what: 'account-removed', jid: JID }], BEFORE);
    await tell();
    expect(await stores.accounts.madeFor('alice')).to.deep.equal([JID]);
  });

  it('may let somebody in again who was locked out of an account that was made', async () => {
    await stores.accounts.oursAgain('alice', JID);
    await stores.lately.note('alice', [{ what: 'locked-out' }], BEFORE);
    await tell();
    expect(await stores.lockOuts.isUnderWay('alice')).to.equal(true);
    expect(await stores.due.isMarked('account', 'alice')).to.equal(true);
  });

  it('keeps nothing that is written by now, and one that writes at once nothing at all', async () => {
    await stores.lately.note('alice', [{ what: 'heard' }], NOW - 45_000);
    await forgetWritten(context, 'op.example', server);
    expect(await stores.lately.whose('op.example', NOW)).to.deep.equal(['alice']);
    await stores.lately.note('bob', [{ what: 'heard' }], NOW - 45_001);
    await forgetWritten(context, 'op.example', server);
    expect(await stores.lately.whose('op.example', NOW)).to.deep.equal(['alice']);
    await tell({ accounts: server.accounts } as XmppServer);
    expect(await stores.lately.whose('op.example', NOW)).to.deep.equal([]);
    expect(await isDue('listen')).to.equal(false);
  });
});

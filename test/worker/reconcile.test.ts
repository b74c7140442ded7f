import { expect } from 'chai';
import type { Policy } from '../../domain/friendship/association.ts';
import { OPEN } from '../../domain/friendship/privacy.ts';
import { createNumberKey, createNumberKeys } from '../../runtime/secret/number-key.ts';
import { partitionOf } from '../../store/base/partitions.ts';
import type { Stores } from '../../store/stores.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { createReconcileJob } from '../../worker/reconcile.ts';
import { jobContext } from '../support/context.ts';
import { traffic, useRedis } from '../support/redis.ts';
import { addSubscriber } from '../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const keyOf = createNumberKey(Buffer.alloc(32, 1));

describe('the reconcile job', () => {
  const server = useRedis();

  /** Alice and Bob, and the job that runs when it is told to. */
  async function meet(policy: Policy) {
    const stores = server.freshStores();
    const reconcile = createReconcileJob({
      ...jobContext('worker', stores, () => NOW),
      policy,
      numberKeys: createNumberKeys(Buffer.alloc(32, 1)),
      secretsKey: Buffer.alloc(32, 2),
    });
    for (const id of ['alice', 'bob']) {
      const subscriber = { id, phoneNumber: '+1', numberKey: keyOf(id), jid: `${id}@op.example`, displayName: id };
      await addSubscriber(stores, subscriber, NOW);
    }
    const friends = async (id: string) => (await stores.friends.list(id)).map((friend) => friend.id);
    return { stores, reconcile, friends };
  }
  const contactOf = (id: string) => ({ name: id, groups: [], numberKeys: [keyOf(id)] });
  const holding = (id: string) => new Map([[id, contactOf(id)]]);

  it('makes friends of both ends in one job, and leaves alone whom it makes nobody’s friend', async () => {
    const { stores, reconcile, friends } = await meet('mutual');
    const isDue = (id: string) => stores.due.isMarked('reconcile', id);
    for (const id of ['alice', 'bob']) await reconcile(id);
    await stores.addressBooks.replace('alice', holding('bob'), NOW);
    await reconcile('alice');
    expect([await friends('alice'), await friends('bob')]).to.deep.equal([[], []]);
    expect([await isDue('alice'), await isDue('bob')], 'only one holds the other').to.deep.equal([false, false]);
    await stores.addressBooks.replace('bob', holding('alice'), NOW);
    await reconcile('bob');
    expect([await friends('alice'), await friends('bob')]).to.deep.equal([['bob'], ['alice']]);
    expect([await isDue('alice'), await isDue('bob')], 'friends').to.deep.equal([false, false]);
    expect([await stores.due.isMarked('roster', 'alice'), await stores.due.isMarked('roster', 'bob')]).to.deep.equal([
      true,
      true,
    ]);
  });

  it('ends a friendship by an old number, also when no book holds that number any more', async () => {
    const { stores, reconcile, friends } = await meet('mutual');
    await stores.addressBooks.replace('alice', holding('bob'), NOW);
    await stores.addressBooks.replace('bob', holding('alice'), NOW);
    for (const id of ['alice', 'bob', 'alice']) await reconcile(id);
    expect(await friends('alice')).to.deep.equal(['bob']);
    await changeNumber(stores, 'alice');
    await stores.addressBooks.drop('bob', NOW);
    for (const id of ['bob', 'alice', 'bob']) await reconcile(id);
    expect([await friends('alice'), await friends('bob')]).to.deep.equal([[], []]);
  });

  it('ends a friendship that only one end knows of, when the number has no owner any more', async () => {
    const { stores, reconcile, friends } = await meet('either');
    await stores.addressBooks.replace('alice', holding('bob'), NOW);
    await reconcile('alice');
    expect(await friends('alice')).to.deep.equal(['bob']);
    await stores.addressBooks.drop('alice', NOW);
    await reconcile('bob');
    await stores.subscribers.leave('bob', NOW);
    for (const id of ['bob', 'alice']) await reconcile(id);
    expect(await friends('alice')).to.be.empty;
  });

  it('decides once more when the number changed after the job had read it', async () => {
    const { stores, reconcile, friends } = await meet('mutual');
    await stores.addressBooks.replace('alice', holding('bob'), NOW);
    await stores.addressBooks.replace('bob', holding('new'), NOW);
    for (const id of ['alice', 'bob', 'alice']) await reconcile(id);
    const { recordAnnounced } = stores.subscribers;
    stores.subscribers.recordAnnounced = async (...asked) => {
      stores.subscribers.recordAnnounced = recordAnnounced;
      const before = await recordAnnounced(...asked);
      await changeNumber(stores, 'alice');
      return before;
    };
    await reconcile('alice');
    expect(await stores.due.isMarked('reconcile', 'alice')).to.equal(true);
    for (const id of ['alice', 'bob']) await reconcile(id);
    expect([await friends('alice'), await friends('bob')]).to.deep.equal([['bob'], ['alice']]);
  });

  for (const leaves of [true, false])
    it(`keeps no friend by a book that was ahead of the index when its owner ${leaves ? 'left' : 'changed the number'}`, async () => {
      const { stores, reconcile, friends } = await meet('either');
      for (const id of ['alice', 'bob']) await reconcile(id);
      await stores.pairs.touch('alice', ['bob'], NOW);
      await reconcile('bob');
      const farEndsOf = stores.farEnds.of;
      // Between what the job reads of bob and what it reads of alice's own book.
      stores.farEnds.of = async (questions) => {
        stores.farEnds.of = farEndsOf;
        const before = await farEndsOf(questions);
        await stores.addressBooks.replace('alice', holding('bob'), NOW);
        if (leaves) await stores.subscribers.leave('bob', NOW);
        else await changeNumber(stores, 'bob');
        await reconcile('bob');
        return before;
      };
      await reconcile('alice');
      expect(await stores.due.isMarked('reconcile', 'alice')).to.equal(true);
      for (const id of ['alice', 'bob', 'alice']) await reconcile(id);
      expect([await friends('alice'), await friends('bob')]).to.deep.equal([[], []]);
    });

  it('lets go of everybody also when somebody leaves while the job begins', async () => {
    const { stores, reconcile } = await meet('mutual');
    for (const id of ['alice', 'bob']) await reconcile(id);
    const blocked = [{ subscriberId: 'bob' }];
    await stores.privacies.put('alice', OPEN, blocked, undefined, NOW);
    for (const id of ['alice', 'bob']) await reconcile(id);
    const { wish } = stores.reconciliation;
    stores.reconciliation.wish = async (id) => {
      stores.reconciliation.wish = wish;
      await stores.subscribers.leave('bob', NOW);
      return wish(id);
    };
    await stores.pairs.touch('bob', ['alice'], NOW);
    for (const id of ['bob', 'bob', 'alice']) await reconcile(id);
    expect([...(await stores.sharing.barred('alice')).keys()]).to.deep.equal([]);
    expect(await stores.privacies.blocked('alice')).to.deep.equal([]);
  });

  for (const meanwhile of [false, true])
    it(`makes friends with somebody of whom nobody was to be looked for, and who becomes active ${meanwhile ? 'while' : 'after'} a holder’s job decides`, async () => {
      const { stores, reconcile, friends } = await meet('either');
      for (const id of ['alice', 'bob']) await reconcile(id);
      const carol = {
        id: 'carol',
        phoneNumber: '+1',
        numberKey: keyOf('carol'),
        jid: 'carol@op.example',
        displayName: '',
      };
      expect(await stores.subscribers.createMany([{ ...carol, state: 'pending' }], NOW)).to.deep.equal(['unheld']);
      const activate = () => stores.subscribers.activateMany([{ id: 'carol', dueAt: NOW, announceAt: undefined }], NOW);
      const farEndsOf = stores.farEnds.of;
      if (meanwhile)
        stores.farEnds.of = async (questions) => {
          stores.farEnds.of = farEndsOf;
          const before = await farEndsOf(questions);
          expect(await activate()).to.deep.equal(['quiet']);
          return before;
        };
      await stores.addressBooks.replace('alice', holding('carol'), NOW);
      await reconcile('alice');
      if (!meanwhile) expect(await activate()).to.deep.equal(['announced']);
      for (const id of ['carol', 'alice', 'carol']) if (await stores.due.isMarked('reconcile', id)) await reconcile(id);
      expect([await friends('alice'), await friends('carol')]).to.deep.equal([['carol'], ['alice']]);
    });

  it('decides by the policy in force when the round that it begins has made its marks', async () => {
    const { stores, reconcile, friends } = await meet('mutual');
    await stores.reconciliation.adopt('mutual');
    await stores.addressBooks.replace('alice', holding('bob'), NOW);
    for (const id of ['alice', 'bob']) await reconcile(id);
    const { recordAnnounced } = stores.subscribers;
    stores.subscribers.recordAnnounced = async (id, along) => {
      stores.subscribers.recordAnnounced = recordAnnounced;
      await stores.reconciliation.adopt('either');
      await stores.reconciliation.mark([(await stores.subscribers.record(id)) as Subscriber], NOW);
      return recordAnnounced(id, along);
    };
    for (const id of ['alice', 'bob']) await reconcile(id);
    expect([await friends('alice'), await friends('bob')]).to.deep.equal([['bob'], ['alice']]);
  });

  it('has begun, for whoever is overtaken, when it has read what it begins with', async () => {
    const { stores, reconcile } = await meet('mutual');
    const { recordAnnounced } = stores.subscribers;
    const seen: boolean[] = [];
    stores.subscribers.recordAnnounced = async (...asked) => {
      const before = await recordAnnounced(...asked);
      seen.push((await server.redis.hExists(stores.keys.running(partitionOf('alice')), 'alice')) === 1);
      return before;
    };
    await reconcile('alice');
    expect(seen).to.deep.equal([true]);
  });

  it('gives no friend a former name at the other end, whose book and job were quicker', async () => {
    const { stores, reconcile } = await meet('mutual');
    const named = (name: string) => new Map([['alice', { ...contactOf('alice'), name }]]);
    const nameAtBob = async () => (await stores.friends.list('bob')).map((friend) => friend.name);
    await stores.addressBooks.replace('alice', holding('bob'), NOW);
    await stores.addressBooks.replace('bob', named('Before'), NOW);
    for (const id of ['alice', 'bob']) await reconcile(id);
    expect(await nameAtBob()).to.deep.equal(['Before']);
    await stores.pairs.markBothEnds('alice', ['bob'], NOW);
    const { entriesOfEach } = stores.addressBooks;
    // After the job has read how bob's book names alice.
    stores.addressBooks.entriesOfEach = async (holders, numberKeys) => {
      stores.addressBooks.entriesOfEach = entriesOfEach;
      const entries = await entriesOfEach(holders, numberKeys);
      await stores.addressBooks.replace('bob', named('After'), NOW);
      await reconcile('bob');
      return entries;
    };
    for (const id of ['alice', 'bob']) await reconcile(id);
    expect(await nameAtBob()).to.deep.equal(['After']);
  });

  it('does not take a number back that the subscriber got while a round had it entered again', async () => {
    const { stores, reconcile } = await meet('mutual');
    const { wish } = stores.reconciliation;
    await stores.reconciliation.mark([(await stores.subscribers.record('alice')) as Subscriber], NOW);
    // After the job has read the record, and before it enters it.
    const { blocked } = stores.privacies;
    stores.privacies.blocked = async (id) => {
      stores.privacies.blocked = blocked;
      await changeNumber(stores, 'alice');
      return blocked(id);
    };
    const failed = await reconcile('alice').catch((err: Error) => err.message);
    expect(failed).to.match(/^Another change/);
    await reconcile('alice');
    expect(await wish('alice')).to.equal(undefined);
    expect((await stores.subscribers.get('alice'))?.phoneNumber).to.equal('+2');
    expect(await stores.directory.owners([keyOf('+1'), keyOf('+2')])).to.deep.equal([undefined, 'alice']);
  });

  it('decides the other pairs when one of those it is to decide is with somebody who is forgotten', async () => {
    const { stores, reconcile, friends } = await meet('either');
    await stores.addressBooks.replace('alice', holding('bob'), NOW);
    await stores.pairs.touch('alice', ['forgotten'], NOW);
    await reconcile('alice');
    expect(await friends('alice')).to.deep.equal(['bob']);
  });

  it('ends a no when the number that it was said to leaves the book, even if it is back before the job runs', async () => {
    const { stores, reconcile, friends } = await meet('either');
    await stores.addressBooks.replace('alice', holding('bob'), NOW);
    for (const id of ['alice', 'bob']) await reconcile(id);
    await stores.pairs.decline('alice', 'bob', [keyOf('bob')]);
    await stores.pairs.touch('alice', ['bob'], NOW);
    await changeNumber(stores, 'bob');
    for (const id of ['alice', 'bob']) await reconcile(id);
    expect(await friends('alice'), 'the new number does not end it').to.be.empty;
    await stores.addressBooks.replace('alice', new Map([...holding('bob'), ...holding('new')]), NOW);
    await reconcile('alice');
    expect(await friends('alice'), 'nor does another contact').to.be.empty;
    for (const drop of [true, false]) {
      if (drop) await stores.addressBooks.drop('alice', NOW);
      else await stores.addressBooks.replace('alice', holding('new'), NOW);
      await stores.addressBooks.replace('alice', new Map([...holding('bob'), ...holding('new')]), NOW);
      for (const id of ['alice', 'bob']) await reconcile(id);
      expect([await friends('alice'), await friends('bob')]).to.deep.equal([['bob'], ['alice']]);
      await stores.pairs.decline('alice', 'bob', [keyOf('bob')]);
      await stores.pairs.touch('alice', ['bob'], NOW);
      for (const id of ['alice', 'bob']) await reconcile(id);
      expect(await friends('bob')).to.be.empty;
    }
  });

  it('spends on one contact in a book of 2,000 what it spends in one of 20', async () => {
    const costs = [];
    for (const size of [20, 2_000]) {
      const { stores, reconcile } = await meet('mutual');
      const strangers = Array.from({ length: size }, (_, i) => [`u${i}`, contactOf(`stranger ${i}`)] as const);
      await stores.addressBooks.replace('alice', new Map(strangers), NOW);
      await reconcile('alice');
      const before = await traffic(server);
      await stores.addressBooks.change('alice', new Map([['new', contactOf('bob')]]), [], undefined, NOW);
      await reconcile('alice');
      const after = await traffic(server);
      costs.push({ commands: after.commands - before.commands, bytes: after.bytes - before.bytes });
    }
    const [small, large] = costs as [(typeof costs)[0], (typeof costs)[0]];
    expect(large.commands / small.commands).to.be.lessThan(1.5);
    expect(large.bytes / small.bytes).to.be.lessThan(1.5);
  });
});

/** Gives the number called new to somebody. */
async function changeNumber(stores: Stores, id: string): Promise<void> {
  const numbers = { phoneNumber: '+2', numberKey: keyOf('new') };
  expect(await stores.subscribers.identity.change(id, { numbers, jid: `${id}@op.example` }, NOW)).to.equal('ok');
}

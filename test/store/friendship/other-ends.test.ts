import { expect } from 'chai';
import { OPEN } from '../../../domain/friendship/privacy.ts';
import { createNumberKey } from '../../../runtime/secret/number-key.ts';
import type { Friend } from '../../../store/friendship/friends.ts';
import type { OtherEnd } from '../../../store/friendship/other-ends.ts';
import type { Stores } from '../../../store/stores.ts';
import { REDIS_KINDS, useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const NOTHING = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
const keyOf = createNumberKey(Buffer.alloc(32, 1));
const ALICE = { id: 'alice', jid: 'alice@op.example', numberKey: keyOf('alice') };
const HER: Friend = { id: ALICE.id, jid: ALICE.jid, name: 'Alice', groups: [], held: keyOf('alice'), since: NOW };

for (const kind of REDIS_KINDS)
  describe(`the other end of a pair that is decided, on ${kind}`, () => {
    const server = useRedis(kind);
    let stores: Stores;

    beforeEach(async () => {
      stores = server.freshStores();
      const bob = { id: 'bob', phoneNumber: '+2', numberKey: keyOf('bob'), jid: 'bob@op.example', displayName: 'Bob' };
      await addSubscriber(stores, bob, NOW);
      await stores.due.settle('reconcile', 'bob', []);
    });

    async function bring(end: Partial<OtherEnd>, certain = true) {
      const whole = { id: 'bob', friend: undefined, before: undefined, barred: undefined, ...end };
      return stores.otherEnds.bring(ALICE, [whole], certain, NOW);
    }

    const friends = () => stores.friends.list('bob');
    const marks = async () => (await stores.pairs.dirty('bob')).flatMap((pair) => Object.values(pair.marks));
    const isDue = (queue: 'reconcile' | 'roster') => stores.due.isMarked(queue, 'bob');

    async function isLeftToItsOwnJob(end: Partial<OtherEnd>, certain = true): Promise<void> {
      const [before, marksBefore] = [await friends(), await marks()];
      expect(await bring(end, certain)).to.deep.equal({ befriended: [], marked: ['bob'] });
      expect(await friends()).to.deep.equal(before);
      expect(await marks())
        .to.have.length(1)
        .and.not.deep.equal(marksBefore);
      expect(await isDue('reconcile')).to.equal(true);
    }

    it('is left alone where it is right', async () => {
      expect(await bring({})).to.deep.equal({ befriended: [], marked: [] });
      await stores.friends.write('bob', { ...NOTHING, set: [HER] }, NOW);
      expect(await bring({ friend: HER, before: HER })).to.deep.equal({ befriended: [], marked: [] });
      await stores.friends.write('bob', { ...NOTHING, unset: ['alice'], bar: [['alice', ALICE.jid]] }, NOW);
      expect(await bring({ barred: ALICE.jid })).to.deep.equal({ befriended: [], marked: [] });
      expect([await marks(), await isDue('reconcile'), await isDue('roster')]).to.deep.equal([[], false, false]);
    });

    it('gets a new friend, whose roster item is due then', async () => {
      expect(await bring({ friend: HER })).to.deep.equal({ befriended: ['bob'], marked: [] });
      expect(await friends()).to.deep.equal([HER]);
      expect((await stores.friends.dirtyItems('bob')).items).to.deep.equal([{ jid: ALICE.jid, id: 'alice' }]);
      expect([await marks(), await isDue('reconcile'), await isDue('roster')]).to.deep.equal([[], false, true]);
    });

    it('has both items looked at of a friend who has another JID', async () => {
      const before = { ...HER, jid: 'former@op.example' };
      await stores.friends.write('bob', { ...NOTHING, set: [before] }, NOW);
      expect(await bring({ friend: HER, before })).to.deep.equal({ befriended: ['bob'], marked: [] });
      const items = (await stores.friends.dirtyItems('bob')).items.map(({ jid }) => jid);
      expect(items).to.have.members([ALICE.jid, before.jid]);
    });

    it('is left to its own job while that decides it, or has to', async () => {
      await stores.pairs.touch('carol', ['bob'], NOW);
      expect(await bring({ friend: HER }), 'another pair').to.deep.equal({ befriended: ['bob'], marked: [] });
      await stores.friends.write('bob', { ...NOTHING, unset: ['alice'] }, NOW);
      await stores.pairs.clearDirty('bob', await server.redis.hGetAll(stores.keys.dirtyPairs('bob')));
      await stores.sharing.end('bob', await stores.sharing.partings('bob'), NOW);
      await stores.pairs.touch('alice', ['bob'], NOW);
      await isLeftToItsOwnJob({ friend: HER });
      await isLeftToItsOwnJob({});
      await stores.pairs.clearDirty('bob', await server.redis.hGetAll(stores.keys.dirtyPairs('bob')));
      await stores.pairs.markBothEnds('bob', ['alice'], NOW);
      expect((await bring({ friend: HER })).marked).to.deep.equal(['bob']);
    });

    it('is left to its own job where a friendship ends or somebody is shut out, and where nothing is certain', async () => {
      await isLeftToItsOwnJob({ barred: ALICE.jid });
      await stores.friends.write('bob', { ...NOTHING, set: [HER] }, NOW);
      await stores.pairs.clearDirty('bob', await server.redis.hGetAll(stores.keys.dirtyPairs('bob')));
      await isLeftToItsOwnJob({});
      await stores.pairs.clearDirty('bob', await server.redis.hGetAll(stores.keys.dirtyPairs('bob')));
      await isLeftToItsOwnJob({ friend: HER, before: HER }, false);
    });

    it('is left to its own job when it was seen otherwise', async () => {
      await stores.friends.write('bob', { ...NOTHING, set: [{ ...HER, name: 'Al' }] }, NOW);
      await isLeftToItsOwnJob({ friend: HER, before: HER });
    });

    it('is left to its own job when somebody parts there, or only chosen groups see the tune', async () => {
      await stores.friends.write('bob', { ...NOTHING, set: [HER] }, NOW);
      await stores.friends.write('bob', { ...NOTHING, unset: ['alice'] }, NOW);
      await isLeftToItsOwnJob({ friend: HER });
      await stores.sharing.end('bob', await stores.sharing.partings('bob'), NOW);
      await stores.pairs.clearDirty('bob', await server.redis.hGetAll(stores.keys.dirtyPairs('bob')));
      await stores.privacies.put('bob', { ...OPEN, audience: { groups: ['Family'] } }, [], undefined, NOW);
      await isLeftToItsOwnJob({ friend: HER });
    });

    it('is left to its own job where it blocks the friend, or anybody, also when that was decided before and nothing is marked', async () => {
      for (const blocked of [{ subscriberId: 'alice' }, { numberKey: keyOf('alice') }, { subscriberId: 'nobody' }]) {
        await stores.privacies.put('bob', OPEN, [blocked], undefined, NOW);
        await stores.privacies.clearDirtyBlocked('bob', (await stores.privacies.dirtyBlocked('bob')).marks, NOW);
        await isLeftToItsOwnJob({ friend: HER });
        await stores.pairs.clearDirty('bob', await server.redis.hGetAll(stores.keys.dirtyPairs('bob')));
      }
    });

    it('is left to its own job when its book is ahead of the index, or its subscriber leaves', async () => {
      const book = new Map([['u', { name: 'Alice', groups: [], numberKeys: [keyOf('alice')] }]]);
      await stores.addressBooks.replace('bob', book, NOW);
      await isLeftToItsOwnJob({ friend: HER });
      await stores.addressBooks.clearDirtyNumbers('bob', await stores.addressBooks.dirtyNumbers('bob'));
      await stores.pairs.clearDirty('bob', await server.redis.hGetAll(stores.keys.dirtyPairs('bob')));
      await stores.subscribers.leave('bob', NOW);
      await isLeftToItsOwnJob({ friend: HER });
    });
  });

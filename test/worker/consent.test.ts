import { expect } from 'chai';
import type { Policy } from '../../domain/friendship/association.ts';
import { OPEN } from '../../domain/friendship/privacy.ts';
import { createNumberKey, createNumberKeys } from '../../runtime/secret/number-key.ts';
import { sealBlocked, toBlockedNumber } from '../../store/friendship/blocked-number.ts';
import type { Blocked } from '../../store/friendship/privacy.ts';
import type { Stores } from '../../store/stores.ts';
import { hashNumbers, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { createReconcileJob } from '../../worker/reconcile.ts';
import { jobContext } from '../support/context.ts';
import { watchedStores } from '../support/measure/watched-stores.ts';
import { useRedis } from '../support/redis.ts';
import { addSubscriber } from '../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const keyOf = createNumberKey(Buffer.alloc(32, 1));
const NUMBER_KEYS = createNumberKeys(Buffer.alloc(32, 1));
const SECRETS_KEY = Buffer.alloc(32, 2);
const byId = (subscriberId: string): Blocked => ({ subscriberId });
const byNumber = (number: string): Blocked => ({ numberKey: keyOf(number) });

const bookOf = (...holds: string[]) =>
  new Map(holds.map((name) => [name, { name, groups: [], numberKeys: [keyOf(name)] }]));

describe('consent in the reconcile job', () => {
  const server = useRedis();
  let stores: Stores;
  /** Whom the job asked somebody to look at again. */
  let reconciled: string[];

  beforeEach(() => {
    stores = server.freshStores();
    reconciled = [];
  });

  function createJob(
    policy: Policy,
    numberKeys = NUMBER_KEYS,
    now = () => NOW,
    jobStores = stores,
  ): (id: string) => Promise<void> {
    const context = jobContext('worker', jobStores, now, async (name, ids) => {
      if (name === 'reconcile') reconciled.push(...ids);
    });
    return createReconcileJob({ ...context, policy, numberKeys, secretsKey: SECRETS_KEY });
  }

  async function join(id: string, holds: string[], number = id): Promise<void> {
    const record = { id, phoneNumber: '+1', numberKey: keyOf(number), jid: `${id}@op.example`, displayName: id };
    await addSubscriber(stores, record, NOW);
    await stores.addressBooks.replace(id, bookOf(...holds), NOW);
  }

  /** Runs jobs, also those that were asked for meanwhile, until nothing is asked for. */
  async function settle(reconcile: (id: string) => Promise<void>, ...first: string[]): Promise<void> {
    reconciled.push(...first);
    for (let id = reconciled.shift(); id !== undefined; id = reconciled.shift()) await reconcile(id);
  }

  async function changeNumbers(id: string, ...names: [string, ...string[]]): Promise<void> {
    const numberKeys = names.map(keyOf);
    const numbers = { phoneNumber: '+2', numberKey: keyOf(names[0]), numberKeys };
    const wanted = { numbers, jid: `${id}@op.example` };
    expect(await stores.subscribers.identity.change(id, wanted, NOW)).to.equal('ok');
  }

  const friendsOf = async (id: string) => (await stores.friends.list(id)).map((friend) => friend.id).sort();
  const put = (id: string, discoverable: boolean, blocked: Blocked[] = []) =>
    stores.privacies.put(id, { ...OPEN, discoverable }, blocked, undefined, NOW);

  for (const policy of ['mutual', 'either'] as const)
    it(`hides from everybody and comes back to everybody under ${policy}, also where only the own book knows the other`, async () => {
      const reconcile = createJob(policy);
      await join('alice', ['bob', 'carol']);
      await join('bob', ['alice']);
      await join('carol', []);
      await join('dora', ['alice']);
      await settle(reconcile, 'alice', 'bob', 'carol', 'dora');
      const all = policy === 'either' ? ['bob', 'carol', 'dora'] : ['bob'];
      expect(await friendsOf('alice')).to.deep.equal(all);
      await put('alice', false);
      await settle(reconcile, 'alice');
      expect(await friendsOf('alice')).to.deep.equal([]);
      for (const id of ['bob', 'carol', 'dora']) expect(await friendsOf(id), id).to.deep.equal([]);
      await put('alice', true);
      await settle(reconcile, 'alice');
      expect(await friendsOf('alice')).to.deep.equal(all);
      for (const id of all) expect(await friendsOf(id), id).to.deep.equal(['alice']);
    });

  it('dates a friend, who goes on under another name, and begins anew in other groups and after a break', async () => {
    let time = NOW;
    const reconcile = createJob('mutual', NUMBER_KEYS, () => time);
    const hold = (name: string, groups: string[]) =>
      stores.addressBooks.replace('alice', new Map([['b', { name, groups, numberKeys: [keyOf('bob')] }]]), NOW);
    const since = async (step: () => Promise<unknown>) => {
      time += 1_000;
      await step();
      await settle(reconcile, 'alice', 'bob');
      return ((await stores.friends.list('alice'))[0]?.since ?? 0) - NOW;
    };
    await join('alice', []);
    await join('bob', ['alice']);
    expect(await since(() => hold('Bob', ['Work']))).to.equal(1_000);
    expect(await since(() => hold('Bobby', ['Work']))).to.equal(1_000);
    expect(await since(() => hold('Bobby', ['Work', 'Family']))).to.equal(3_000);
    expect(await since(() => put('bob', false))).to.equal(-NOW);
    expect(await since(() => put('bob', true))).to.equal(5_000);
  });

  for (const block of [byId('alice'), byNumber('alice'), byNumber('alice-2')])
    it(`begins anew after a block that was lifted before any job ran, by ${'subscriberId' in block ? 'id' : block.numberKey === keyOf('alice') ? 'the number that is held' : 'another number'}`, async () => {
      let time = NOW;
      const reconcile = createJob('mutual', NUMBER_KEYS, () => time);
      await join('alice', ['bob']);
      await changeNumbers('alice', 'alice', 'alice-2');
      await join('bob', ['alice', 'carol']);
      await join('carol', ['bob']);
      await settle(reconcile, 'alice', 'bob', 'carol');
      time += 1_000;
      await put('bob', true, [block]);
      await put('bob', true);
      await settle(reconcile, 'bob');
      const since = new Map((await stores.friends.list('bob')).map((friend) => [friend.id, friend.since]));
      expect(since).to.deep.equal(
        new Map([
          ['alice', time],
          ['carol', NOW],
        ]),
      );
    });

  for (const block of [byId('alice'), byNumber('alice')])
    it(`shows nothing to who was blocked by ${'numberKey' in block ? 'number' : 'id'}, at any moment of the job`, async () => {
      const reconcile = createJob('mutual');
      await join('alice', ['bob']);
      await join('bob', ['alice']);
      await settle(reconcile, 'alice', 'bob');
      const seen: boolean[] = [];
      const lists: string[][] = [];
      const looking = watchedStores(server, stores, async () => {
        const { friends } = await stores.sights.read('bob', ['alice']);
        const listed = await stores.friends.ofEachDecided(['bob'], 'alice');
        seen.push([...friends, ...listed].some((friend) => friend !== undefined));
        for (const id of ['alice', 'bob']) lists.push((await stores.shownFriends.list(id)).map((friend) => friend.id));
      });
      await put('bob', true, [block]);
      await settle(
        createJob('mutual', NUMBER_KEYS, () => NOW, looking),
        'bob',
      );
      expect(lists.flat()).to.deep.equal([]);
      expect(seen, 'steps of the jobs').to.have.length.above(10);
      expect(seen).to.not.include(true);
      expect((await stores.privacies.dirtyBlocked('bob')).marks).to.deep.equal({});
      expect([await friendsOf('alice'), await friendsOf('bob')]).to.deep.equal([[], []]);
    });

  it('follows a book, as its marks tell, until its pairs are decided', async () => {
    const reconcile = createJob('mutual');
    await join('alice', ['bob']);
    await settle(reconcile, 'alice');
    await join('bob', ['alice']);
    const seen: string[] = [];
    const looking = watchedStores(server, stores, async () => {
      seen.push(`${await stores.addressBooks.isDirty('bob')} ${await friendsOf('bob')}`);
    });
    await createJob('mutual', NUMBER_KEYS, () => NOW, looking)('bob');
    expect(new Set(seen)).to.deep.equal(new Set(['true ', 'true alice', 'false alice']));
    expect(await stores.addressBooks.isDirty('bob')).to.equal(false);
  });

  it('touches one pair when one person of many is blocked, and ends it at both ends', async () => {
    const reconcile = createJob('mutual');
    const others = ['bob', 'carol', 'dora', 'emil'];
    await join('alice', others);
    for (const other of others) await join(other, ['alice']);
    await settle(reconcile, 'alice', ...others);
    await put('alice', true, [byId('bob')]);
    await reconcile('alice');
    expect(reconciled).to.deep.equal(['bob']);
    await settle(reconcile);
    expect(await friendsOf('bob')).to.deep.equal([]);
    expect(await friendsOf('alice')).to.deep.equal(['carol', 'dora', 'emil']);
    expect([...(await stores.sharing.barred('alice')), ...(await stores.sharing.barred('bob'))]).to.deep.equal([
      ['bob', 'bob@op.example'],
      ['alice', 'alice@op.example'],
    ]);
    await put('alice', true);
    await settle(reconcile, 'alice');
    expect(await friendsOf('bob')).to.deep.equal(['alice']);
    expect((await stores.sharing.barred('alice')).size + (await stores.sharing.barred('bob')).size).to.equal(0);
  });

  for (const policy of ['mutual', 'either'] as const)
    it(`keeps a number blocked for whoever owns it, later and after a change, under ${policy}`, async () => {
      const reconcile = createJob(policy);
      await join('alice', ['bob', 'new']);
      await put('alice', true, [byNumber('bob')]);
      await settle(reconcile, 'alice');
      await join('bob', ['alice']);
      await settle(reconcile, 'bob');
      expect([await friendsOf('alice'), await friendsOf('bob')]).to.deep.equal([[], []]);
      await changeNumbers('bob', 'new');
      await settle(reconcile, 'bob');
      expect([await friendsOf('alice'), await friendsOf('bob')]).to.deep.equal([['bob'], ['alice']]);
      expect((await stores.sharing.barred('alice')).size + (await stores.sharing.barred('bob')).size).to.equal(0);
      await join('carol', ['alice'], 'bob');
      await settle(reconcile, 'carol');
      expect(await friendsOf('carol')).to.deep.equal([]);
    });

  it('keeps a number blocked for whoever gets it later, also when no book knows either of them', async () => {
    const reconcile = createJob('mutual');
    await join('alice', []);
    await settle(reconcile, 'alice');
    await put('alice', true, [byNumber('bob')]);
    await settle(reconcile, 'alice');
    await join('bob', []);
    await settle(reconcile, 'bob');
    const barred = async (id: string) => [...(await stores.sharing.barred(id)).keys()];
    expect([await barred('alice'), await barred('bob')]).to.deep.equal([['bob'], ['alice']]);
    await put('alice', true);
    await settle(reconcile, 'alice');
    expect([await barred('alice'), await barred('bob')]).to.deep.equal([[], []]);
    expect((await stores.holders.ofEach([keyOf('bob')]))[0], 'no longer in the index').to.deep.equal([]);
    await put('alice', true, [byNumber('bob')]);
    await settle(reconcile, 'alice');
    expect((await stores.holders.ofEach([keyOf('bob')]))[0]).to.deep.equal(['alice']);
    await stores.subscribers.leave('alice', NOW);
    await settle(reconcile, 'alice');
    expect((await stores.holders.ofEach([keyOf('bob')]))[0], 'nor after leaving').to.deep.equal([]);
    expect([await barred('alice'), await barred('bob')]).to.deep.equal([[], []]);
  });

  it('keeps somebody blocked by any one of several numbers, and hides and shows by all of them', async () => {
    const reconcile = createJob('mutual');
    await join('alice', ['bob', 'work']);
    await join('bob', ['alice']);
    await join('carol', ['work']);
    await changeNumbers('bob', 'bob', 'work');
    await stores.addressBooks.replace('bob', bookOf('alice', 'carol'), NOW);
    await settle(reconcile, 'alice', 'bob', 'carol');
    expect([await friendsOf('alice'), await friendsOf('carol')]).to.deep.equal([['bob'], ['bob']]);
    await put('alice', true, [byNumber('work')]);
    await settle(reconcile, 'alice');
    expect([await friendsOf('alice'), await friendsOf('bob')]).to.deep.equal([[], ['carol']]);
    expect([...(await stores.sharing.barred('bob'))]).to.deep.equal([['alice', 'alice@op.example']]);
    await put('bob', false);
    await settle(reconcile, 'bob');
    expect(await friendsOf('carol')).to.deep.equal([]);
    // Known to nobody's roster now: only the announcement of this very number finds carol again.
    await put('bob', true);
    await settle(reconcile, 'bob');
    expect([await friendsOf('carol'), await friendsOf('alice')]).to.deep.equal([['bob'], []]);
  });

  it('keeps a number blocked while the number key is changed, and after', async () => {
    const [before, after] = [Buffer.alloc(32, 1), Buffer.alloc(32, 3)];
    const number = '+5491123456789';
    const numbers = hashNumbers(['+8613800138000'], NUMBER_KEYS);
    await stores.subscribers.create(
      { id: 'alice', ...numbers, jid: 'alice@op.example', displayName: '', state: 'pending' },
      NOW,
    );
    await stores.subscribers.activate((await stores.subscribers.record('alice')) as Subscriber, NOW);
    const sealed = sealBlocked(SECRETS_KEY, 'alice', number);
    const unreadable: Blocked = { numberKey: keyOf('lost'), sealed: sealBlocked(Buffer.alloc(32), 'alice', '+1') };
    await join('bob', []);
    await put('alice', true, [byId('bob'), unreadable, ...toBlockedNumber(NUMBER_KEYS, number, sealed)]);
    for (const keys of [createNumberKeys(after, before), createNumberKeys(after)]) {
      await createJob('mutual', keys)('alice');
      const held = [number, '+541123456789'].flatMap((form) => keys.of(form));
      const asks = [...held, keyOf('lost')].map((numberKey) => ({
        who: 'alice',
        other: { id: '', numberKeys: [numberKey] },
      }));
      expect(await stores.privacies.blocks(asks)).to.deep.equal(asks.map(() => true));
    }
    const kept = await stores.privacies.blocked('alice');
    expect(
      kept.filter((one) => 'sealed' in one && one.sealed === sealed),
      'listed once',
    ).to.have.length(1);
    expect(kept).to.deep.include(byId('bob'));
  });

  it('forgets a block of somebody who leaves, and keeps one of an id that is nobody’s as any other: it tells of nobody', async () => {
    const reconcile = createJob('mutual');
    await join('alice', []);
    await join('bob', []);
    await put('alice', true, [byId('bob')]);
    await settle(reconcile, 'alice', 'bob');
    await stores.subscribers.leave('bob', NOW);
    await settle(reconcile, 'bob');
    expect(await stores.privacies.blocked('alice')).to.deep.equal([]);
    await join('dave', []);
    const blocked = [byId('nobody'), byId('dave'), byNumber('carol')];
    await put('alice', true, blocked);
    await settle(reconcile, 'alice');
    expect(await stores.privacies.blocked('alice')).to.have.deep.members(blocked);
  });

  it('lets go of everybody who was barred when somebody leaves', async () => {
    const reconcile = createJob('mutual');
    await join('alice', ['bob']);
    await join('bob', ['alice']);
    await put('alice', true, [byId('bob')]);
    await settle(reconcile, 'alice', 'bob');
    await stores.subscribers.leave('alice', NOW);
    await settle(reconcile, 'alice');
    expect((await stores.sharing.barred('bob')).size).to.equal(0);
  });
});

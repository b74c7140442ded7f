import { expect } from 'chai';
import type { Stores } from '../../../store/stores.ts';
import { watchedStores } from '../../support/measure/watched-stores.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const MANY = 3_000;
const NOTHING = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
const NUMBERS = { phoneNumber: '+1', numberKey: 'AAAAAAAAAAAA' };
const WHOLE = ['hgetall', 'hkeys', 'hvals', 'smembers'];

describe('what others make long', () => {
  const server = useRedis();
  const others = Array.from({ length: MANY }, (_, i) => ({ id: `other-${i}`, jid: `other-${i}@op.example` }));
  const ids = others.map(({ id }) => id);
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    await addSubscriber(stores, { id: 'alice', ...NUMBERS, jid: 'alice@op.example', displayName: '' }, NOW);
  });

  async function haveFriends(dirty: boolean): Promise<void> {
    const set = others.map((other) => ({ ...other, name: other.id, groups: [] }));
    await stores.friends.write('alice', { ...NOTHING, set, dirty: dirty ? others : [] }, NOW);
  }

  /** What Redis has done since its statistics were reset: command → how often. */
  async function done(): Promise<Record<string, number>> {
    const stats = await server.redis.info('commandstats');
    const calls = [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)];
    return Object.fromEntries(calls.map(([, name = '', count]) => [name, Number(count)]));
  }

  /** The most commands that one script of these was. */
  async function longestScript(run: (watched: Stores) => Promise<unknown>): Promise<number> {
    let longest = 0;
    const watched = watchedStores(
      server,
      stores,
      async () => void (await server.redis.configResetStat()),
      async () => {
        const count = Object.values(await done()).reduce((sum, calls) => sum + calls, 0);
        longest = Math.max(longest, count);
      },
    );
    await run(watched);
    return longest;
  }

  /** A list in one order, so that long ones can be compared: `deep.members` looks at each pair. */
  function inOrder(items: readonly { id: string; jid: string }[]): { id: string; jid: string }[] {
    return items.map(({ id, jid }) => ({ id, jid })).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  const wanted = (jid: string) => ({ numbers: NUMBERS, jid });

  it('takes no long script where somebody with many friends moves to another account, and all items are looked at', async () => {
    await haveFriends(false);
    const longest = await longestScript((watched) =>
      watched.subscribers.identity.change('alice', wanted('alice-2@op.example'), NOW),
    );
    expect(longest).to.be.within(5, 100);
    const { subscriber, items, wanted: friends } = await stores.rosterWork.read('alice');
    expect(subscriber?.jid).to.equal('alice-2@op.example');
    expect(inOrder(items)).to.deep.equal(inOrder(others));
    expect(friends.size).to.equal(MANY);
  });

  it('leaves nothing to be looked at when the items of a move are done, also where only offers are made', async () => {
    await haveFriends(false);
    await stores.subscribers.identity.change('alice', wanted('alice-2@op.example'), NOW);
    const { items, marks } = await stores.friends.dirtyItems('alice');
    expect(items).to.have.length(MANY);
    await stores.friends.clearDirtyItems('alice', marks);
    expect(await server.redis.exists(stores.keys.dirtyItems('alice'))).to.equal(0);
  });

  it('keeps the mark of a move that comes while the items of the one before are marked', async () => {
    await haveFriends(false);
    await stores.subscribers.identity.change('alice', wanted('alice-2@op.example'), NOW);
    const { marks } = await stores.rosterWork.read('alice');
    await stores.subscribers.identity.change('alice', wanted('alice-3@op.example'), NOW);
    await stores.friends.clearDirtyItems('alice', marks);
    expect((await stores.rosterWork.read('alice')).items).to.have.length(MANY);
  });

  it('gives the roster job all items, in short scripts, each with its friend or its parting', async () => {
    await haveFriends(true);
    const gone = ids.slice(0, 1_000);
    await stores.friends.write('alice', { ...NOTHING, unset: gone }, NOW);
    let work: Awaited<ReturnType<Stores['rosterWork']['read']>> | undefined;
    const longest = await longestScript(async (watched) => {
      work = await watched.rosterWork.read('alice');
    });
    expect(longest).to.be.within(500, 2_000);
    expect(inOrder(work?.items ?? [])).to.deep.equal(inOrder(others));
    expect(Object.keys(work?.partings ?? {}).sort()).to.deep.equal(gone.sort());
    expect([...(work?.wanted.keys() ?? [])].sort()).to.deep.equal(ids.slice(1_000).sort());
  });

  const hash = (key: string, value = 'x') => server.redis.hSet(key, ids.flatMap((id) => [id, value]) as never);
  const lists: [what: string, make: () => Promise<unknown>, read: () => Promise<{ length: number }>][] = [
    ['pairs to be decided', () => hash(stores.keys.dirtyPairs('alice')), () => stores.pairs.dirty('alice')],
    [
      'people to be let go of',
      () => hash(stores.keys.partings('alice')),
      async () => Object.keys(await stores.sharing.partings('alice')),
    ],
    [
      'people from whom the tune is kept',
      () => hash(stores.keys.barred('alice')),
      async () => [...(await stores.sharing.barred('alice'))],
    ],
    [
      'people whom an outlet was told of',
      () => hash(stores.keys.access('alice', 'xmpp')),
      async () => [...(await stores.admissions.read('alice', 'xmpp'))],
    ],
    ['people turned down', () => hash(stores.keys.declined('alice')), () => stores.pairs.declinedAll('alice')],
    [
      'people turned down no more',
      () => hash(stores.keys.declined('alice'), ''),
      async () => Object.keys(await stores.pairs.forgiven('alice')),
    ],
    [
      'people who have turned somebody down',
      () => server.redis.sAdd(stores.keys.declinedBy('alice'), ids),
      () => stores.pairs.declinedBy('alice'),
    ],
    [
      'friends who were offered',
      () => hash(stores.keys.offered('alice', 'alice@op.example'), '{"by":"item","at":1}'),
      async () => [...(await stores.offers.whole('alice', 'alice@op.example'))],
    ],
    [
      'marks in an export',
      () => hash(stores.keys.dirtyPairs('alice')),
      async () => (await stores.pending.of('alice')).subscribers,
    ],
  ];
  for (const [what, make, read] of lists)
    it(`is read in steps: ${what}`, async () => {
      await make();
      await server.redis.configResetStat();
      expect(await read()).to.have.length(MANY);
      const commands = await done();
      const whole = WHOLE.filter((name) => (commands[name] ?? 0) > (what === 'marks in an export' ? 1 : 0));
      expect(whole).to.deep.equal([]);
    });

  it('is not read for a tune: who parts is looked for only where somebody does', async () => {
    await server.redis.configResetStat();
    expect(await stores.situations.read('alice', 'xmpp')).to.deep.include({ partings: {}, parting: false });
    expect((await done()).hscan).to.equal(undefined);
    await hash(stores.keys.partings('alice'), 'asked x xmpp');
    const situation = await stores.situations.read('alice', 'xmpp');
    expect(situation?.parting).to.equal(true);
    expect(Object.keys(situation?.partings ?? {})).to.have.length(MANY);
  });
});

import { expect } from 'chai';
import { createRosterJob } from '../../../component/roster/roster.ts';
import type { RosterContext } from '../../../component/roster/roster-step.ts';
import { StanzaError } from '../../../component/stream/stanza-error.ts';
import type { LedgerEntry, RosterItem, Subscription } from '../../../domain/friendship/roster.ts';
import type { Stores } from '../../../store/stores.ts';
import { jobContext } from '../../support/context.ts';
import { clearPartings } from '../../support/partings.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOTHING = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
const WAIT = 5_000;

/** One roster is looked at, and the other when it is asked to be. */
describe('a roster item that is there and not both', () => {
  const server = useRedis();
  let stores: Stores;
  let job: (id: string) => Promise<void>;
  let jids: Record<string, string>;
  let rosters: Map<string, Map<string, RosterItem>>;
  /** Of accounts whose rosters the server cannot write. */
  let broken: Set<string>;
  /** Of accounts whose rosters the server fails to read once. */
  let unread: Set<string>;
  /** How often an item was set. */
  let sets: number;
  let said: string[];
  let woken: string[];
  let now: number;

  /** Alice and Bob, who are friends and have met. */
  async function befriended(jidOfBob: string): Promise<void> {
    jids = { alice: 'alice@op.example', bob: jidOfBob };
    stores = server.freshStores();
    [rosters, broken, unread, sets] = [new Map(), new Set(), new Set(), 0];
    [said, woken, now] = [[], [], 1_800_000_000_000];
    const wake = async (_: unknown, ids: readonly string[]) => void woken.push(...ids);
    const context = {
      ...jobContext('component', stores, () => now, wake as never),
      rosters: {
        read: async (jid: string) =>
          rosters.has(jid) ? new Map(unread.delete(jid) ? [] : rosters.get(jid)) : undefined,
        async set(jid: string, item: RosterItem) {
          sets += 1;
          if (broken.has(jid)) throw new StanzaError('internal-server-error', 'Unable to save roster');
          rosters.get(jid)?.set(item.jid, item);
        },
        remove: async (jid: string, item: string) => void rosters.get(jid)?.delete(item),
      },
      meetings: {
        introduce: async (a: string, b: string) => void said.push(`${a} and ${b}`),
        part: async () => {},
        approach: async (a: string, b: string) => void said.push(`${a} to ${b}`),
        heard: async () => {},
        settle: async (jid: string) => void said.push(`settled at ${jid}`),
      },
      mayBeOnline: () => true,
    } as unknown as RosterContext;
    job = createRosterJob(context, async () => {});
    for (const [i, id] of ['alice', 'bob'].entries()) {
      const jid = jids[id] ?? '';
      rosters.set(jid, new Map());
      const numbers = { phoneNumber: `+${i}`, numberKey: `${i}`.repeat(12) };
      await addSubscriber(stores, { id, jid, displayName: id, ...numbers }, now);
    }
    await look('alice', 'bob');
    await look('bob', 'alice');
    for (const id of ['alice', 'bob', 'alice']) await job(id);
    expect(items()).to.deep.equal(['both', 'both']);
    [said, woken] = [[], []];
  }

  async function look(id: string, other: string): Promise<void> {
    const item = { id: other, jid: jids[other] ?? '' };
    await stores.friends.write(id, { ...NOTHING, set: [{ ...item, name: other, groups: [] }], dirty: [item] }, now);
  }

  const at = (id: string, other: string) => rosters.get(jids[id] ?? '')?.get(jids[other] ?? '');
  const items = () => [at('alice', 'bob')?.subscription, at('bob', 'alice')?.subscription];
  const noes = async () =>
    (
      await stores.pairs.declined([
        { who: 'alice', other: 'bob' },
        { who: 'bob', other: 'alice' },
      ])
    ).map(Number);
  const isDue = (id: string) => stores.due.isMarked('roster', id);

  function becomes(id: string, other: string, subscription: Subscription | undefined): void {
    const item = at(id, other) as RosterItem;
    if (subscription) rosters.get(jids[id] ?? '')?.set(item.jid, { ...item, subscription });
    else rosters.get(jids[id] ?? '')?.delete(item.jid);
  }

  for (const [where, jid] of [
    ['at one home', 'bob@op.example'],
    ['at two homes', 'bob@brand.example'],
  ] as const)
    describe(where, () => {
      beforeEach(() => befriended(jid));

      it('is no no where the other has deleted its own, which is looked at first', async () => {
        becomes('alice', 'bob', undefined);
        becomes('bob', 'alice', 'none');
        await look('bob', 'alice');
        await job('bob');
        expect(await noes(), 'nobody is taken at a word').to.deep.equal([0, 0]);
        expect(woken).to.deep.equal(['alice']);
        await job('alice');
        expect(await noes()).to.deep.equal([1, 0]);
        now += WAIT;
        await job('bob');
        expect(await noes()).to.deep.equal([1, 0]);
        expect(items(), 'not put back').to.deep.equal([undefined, 'none']);
      });

      it('is the no of the one who is looked at where the other’s is there as little', async () => {
        becomes('alice', 'bob', 'from');
        becomes('bob', 'alice', 'to');
        await look('bob', 'alice');
        for (const id of ['bob', 'alice', 'bob']) await job(id);
        expect(await noes()).to.deep.equal([0, 1]);
        expect(await isDue('alice')).to.equal(false);
      });

      it('says nothing, and is looked at again, while there is no account', async () => {
        rosters.delete(jids.alice ?? '');
        becomes('bob', 'alice', 'none');
        await look('bob', 'alice');
        for (const id of ['bob', 'alice', 'bob']) await job(id);
        expect(await noes()).to.deep.equal([0, 0]);
        expect(await isDue('bob')).to.equal(true);
        if (where === 'at one home') expect(woken, 'nobody is asked over and over').to.deep.equal([]);
      });
    });

  describe('and one that is missing in a roster that holds nothing of Earshot’s', () => {
    const COULD_NOT = 'internal-server-error';
    const CAROL: RosterItem = { jid: 'carol@op.example', subscription: 'both', name: '', groups: [] };
    const OWN: LedgerEntry = { kind: 'own', name: '', groups: [] };
    const ledger = (id: string) => stores.ledger.whole(id, jids[id] ?? '');

    async function lookAt(...ids: string[]): Promise<void> {
      await look('alice', 'bob');
      await look('bob', 'alice');
      for (const id of ids) await job(id);
    }

    /** Neither wants the other any more, and the tune is off both screens. */
    async function end(): Promise<void> {
      for (const [id, other] of [
        ['alice', 'bob'],
        ['bob', 'alice'],
      ] as const) {
        const item = { id: other, jid: jids[other] ?? '' };
        await stores.friends.write(id, { ...NOTHING, unset: [other], dirty: [item] }, now);
        await clearPartings(stores, id);
      }
    }

    it('is made anew where the other’s is both: no user can have deleted it', async () => {
      await befriended('bob@op.example');
      becomes('alice', 'bob', undefined);
      await lookAt('alice');
      expect(items()).to.deep.equal(['both', 'both']);
      expect(await noes()).to.deep.equal([0, 0]);
    });

    it('waits, and is no no, while the server could not read the roster', async () => {
      await befriended('bob@op.example');
      becomes('alice', 'bob', undefined);
      broken.add('alice@op.example');
      await look('alice', 'bob');
      expect(await job('alice').catch((err: StanzaError) => err.condition)).to.equal(COULD_NOT);
      expect(await noes()).to.deep.equal([0, 0]);
      becomes('bob', 'alice', undefined);
      broken.add('bob@op.example');
      await lookAt('alice', 'bob');
      expect(await noes(), 'neither could be read').to.deep.equal([0, 0]);
      expect([await isDue('alice'), await isDue('bob')]).to.deep.equal([true, true]);
    });

    it('is left alone where a second read finds it: the server failed one question', async () => {
      await befriended('bob@brand.example');
      const held = at('alice', 'bob');
      unread.add('alice@op.example');
      sets = 0;
      await lookAt('alice');
      expect([sets, at('alice', 'bob'), await noes()]).to.deep.equal([0, held, [0, 0]]);
      expect(await isDue('alice'), 'it is looked at again').to.equal(true);
    });

    it('is tried once for all that are missing', async () => {
      await befriended('bob@op.example');
      const made: LedgerEntry = { kind: 'made', name: '', groups: [] };
      const gone = ['carol', 'dora', 'edith'].map((name) => ({ id: name, jid: `${name}@op.example` }));
      const entries = gone.map(({ jid }) => [jid, made] as const);
      await stores.ledger.replace('alice', 'alice@op.example', new Map([...(await ledger('alice')), ...entries]));
      becomes('alice', 'bob', undefined);
      await stores.friends.write('alice', { ...NOTHING, dirty: gone }, now);
      sets = 0;
      await job('alice');
      expect([sets, (await ledger('alice')).size]).to.deep.equal([1, 1]);
    });

    it('waits, and is no no, where users have added contacts to rosters that the server could not read', async () => {
      await befriended('bob@op.example');
      for (const [id, other] of [
        ['alice', 'bob'],
        ['bob', 'alice'],
      ] as const) {
        becomes(id, other, undefined);
        broken.add(jids[id] ?? '');
        rosters.get(jids[id] ?? '')?.set('dave@op.example', { ...CAROL, jid: 'dave@op.example', subscription: 'none' });
        // Whom the server itself adds to every roster: a group, for one.
        rosters.get(jids[id] ?? '')?.set(CAROL.jid, CAROL);
        await stores.ledger.replace(id, jids[id] ?? '', new Map([...(await ledger(id)), [CAROL.jid, OWN]]));
      }
      await lookAt('alice', 'bob', 'alice');
      expect(await noes()).to.deep.equal([0, 0]);
      expect([await isDue('alice'), await isDue('bob')]).to.deep.equal([true, true]);
    });

    it('is a no where both rosters hold nothing and can be written', async () => {
      await befriended('bob@op.example');
      becomes('alice', 'bob', undefined);
      becomes('bob', 'alice', undefined);
      await lookAt('alice');
      expect(await noes()).to.deep.equal([1, 0]);
      expect(items(), 'nothing is left of the try').to.deep.equal([undefined, undefined]);
    });

    it('is not taken for gone where it is to be taken away, while the server could not read the roster', async () => {
      await befriended('bob@op.example');
      const held = at('alice', 'bob') as RosterItem;
      becomes('alice', 'bob', undefined);
      broken.add('alice@op.example');
      await end();
      await job('alice');
      expect(await isDue('alice')).to.equal(true);
      broken.clear();
      rosters.get('alice@op.example')?.set(held.jid, held);
      await job('alice');
      expect(at('alice', 'bob')).to.equal(undefined);
      expect([await isDue('alice'), (await ledger('alice')).size]).to.deep.equal([false, 0]);
    });

    it('is forgotten where it is to be taken away and the roster can be written', async () => {
      await befriended('bob@op.example');
      becomes('alice', 'bob', undefined);
      await end();
      await job('alice');
      expect(at('alice', 'bob'), 'nothing is left of the try').to.equal(undefined);
      expect([await isDue('alice'), (await ledger('alice')).size]).to.deep.equal([false, 0]);
    });

    it('is the other’s no where the other’s is missing among others', async () => {
      await befriended('bob@op.example');
      becomes('alice', 'bob', undefined);
      becomes('bob', 'alice', undefined);
      rosters.get('bob@op.example')?.set(CAROL.jid, CAROL);
      const made: LedgerEntry = { kind: 'made', name: '', groups: [] };
      await stores.ledger.replace('bob', 'bob@op.example', new Map([...(await ledger('bob')), [CAROL.jid, made]]));
      await lookAt('alice', 'bob');
      expect(await noes()).to.deep.equal([0, 1]);
    });

    it('is a no where the other lives at another home and the roster can be written', async () => {
      await befriended('bob@brand.example');
      becomes('alice', 'bob', undefined);
      broken.add('alice@op.example');
      await lookAt('alice');
      expect(await noes()).to.deep.equal([0, 0]);
      broken.clear();
      await lookAt('alice');
      expect(await noes()).to.deep.equal([1, 0]);
    });
  });

  it('is put back where the other’s, at the same home, is both: no user can have ended it', async () => {
    await befriended('bob@op.example');
    becomes('bob', 'alice', 'from');
    await look('bob', 'alice');
    await job('bob');
    expect(items()).to.deep.equal(['both', 'both']);
    expect(await noes()).to.deep.equal([0, 0]);
    expect(said, 'they are made to see each other again').to.deep.equal([`${jids.bob} and ${jids.alice}`]);
    expect(await isDue('bob')).to.equal(false);
  });

  it('is put back where the two, at two homes, have not met yet', async () => {
    await befriended('bob@brand.example');
    await stores.ledger.forget('alice', jids.alice ?? '');
    rosters.get(jids.alice ?? '')?.clear();
    becomes('bob', 'alice', 'from');
    await look('alice', 'bob');
    await job('alice');
    await look('bob', 'alice');
    await job('bob');
    expect(items()).to.deep.equal(['both', 'both']);
    expect(await noes()).to.deep.equal([0, 0]);
  });

  it('is a no at two homes when the other end has looked, and its own is both', async () => {
    await befriended('bob@brand.example');
    becomes('bob', 'alice', 'none');
    await look('bob', 'alice');
    for (const id of ['bob', 'bob']) await job(id);
    expect(await noes(), 'it has not looked yet').to.deep.equal([0, 0]);
    for (const id of ['alice', 'bob']) await job(id);
    expect(await noes()).to.deep.equal([0, 1]);
  });

  it('keeps nobody waiting where both ends ask', async () => {
    await befriended('bob@brand.example');
    becomes('alice', 'bob', 'from');
    becomes('bob', 'alice', 'to');
    await look('bob', 'alice');
    await look('alice', 'bob');
    await Promise.all([job('alice'), job('bob')]);
    for (const id of ['alice', 'bob', 'alice', 'bob', 'alice']) await job(id);
    expect((await noes()).reduce((sum, no) => sum + no)).to.equal(1);
  });
});

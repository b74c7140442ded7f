import { expect } from 'chai';
import { createMadeItems, madeNode, notedAtOnce } from '../../../component/roster/made-items.ts';
import { createRosterJob } from '../../../component/roster/roster.ts';
import type { RosterContext } from '../../../component/roster/roster-step.ts';
import type { KeepAbility } from '../../../component/server/server.ts';
import { StanzaError } from '../../../component/stream/stanza-error.ts';
import { type Element, xml } from '../../../component/stream/xml.ts';
import type { RosterItem } from '../../../domain/friendship/roster.ts';
import type { Stores } from '../../../store/stores.ts';
import { jobContext } from '../../support/context.ts';
import { clearPartings } from '../../support/partings.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const NOTHING = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
const ALICE = 'alice@op.example';
const jidOf = (id: string) => `${id}@op.example`;

describe('what an account keeps of the items that Earshot made', () => {
  const server = useRedis();
  let stores: Stores;
  let job: (id: string) => Promise<void>;
  let roster: Map<string, RosterItem>;
  let node: Map<string, Element>;
  /** What was done at the server, in its order. */
  let done: string[];
  /** What breaks the stream. */
  let breaksAt: string;
  /** When what comes after the server's answer is to be written there. */
  let isRedisAway: boolean;
  /** Whether the user has made a node of that name that others may read. */
  let isOpen: boolean;
  let refusesDeletion: boolean;

  function does(what: string): void {
    if (what.startsWith(breaksAt)) throw new Error('the stream broke');
    done.push(what);
  }

  const keeps: KeepAbility = {
    async put(_jid, _node, id, payload) {
      if (isOpen) throw new StanzaError('conflict', '');
      does('keep');
      node.set(id, payload);
    },
    all: async () => [...node.values()],
    async drop() {
      if (refusesDeletion) return false;
      does('drop');
      isOpen = false;
      node.clear();
      return true;
    },
  };
  const made = createMadeItems('a secret', () => keeps);
  const kept = async () => [...(await made.read(ALICE))].sort();

  beforeEach(async () => {
    stores = server.freshStores();
    [roster, node, done, breaksAt, isRedisAway, isOpen] = [new Map(), new Map(), [], 'nothing', false, false];
    refusesDeletion = false;
    const rosters = {
      read: async () => new Map(roster),
      async set(_jid: string, item: RosterItem) {
        does(`set ${item.jid}`);
        roster.set(item.jid, item);
      },
      async remove(_jid: string, jid: string) {
        does(`remove ${jid}`);
        roster.delete(jid);
      },
    };
    const own = { made: notedAtOnce(made, stores.ledger.whole), mayBeOnline: () => false };
    const sharing: Stores['sharing'] = {
      ...stores.sharing,
      async end(...partings) {
        if (isRedisAway) throw new Error('Redis is away');
        return stores.sharing.end(...partings);
      },
    };
    const context = { ...jobContext('component', { ...stores, sharing }, () => NOW), rosters, ...own };
    job = createRosterJob(context as unknown as RosterContext, async () => {});
    for (const [i, id] of ['alice', 'bob', 'carol'].entries())
      await addSubscriber(
        stores,
        { id, phoneNumber: `+${i}`, numberKey: `${i}`.repeat(12), jid: jidOf(id), displayName: id },
        NOW,
      );
  });

  const befriend = (...others: string[]) =>
    stores.friends.write(
      'alice',
      {
        ...NOTHING,
        set: others.map((id) => ({ id, jid: jidOf(id), name: id, groups: [] })),
        dirty: others.map((id) => ({ jid: jidOf(id), id })),
      },
      NOW,
    );
  async function part(other: string): Promise<void> {
    const dirty = [{ jid: jidOf(other), id: other }];
    await stores.friends.write('alice', { ...NOTHING, unset: [other], dirty }, NOW);
    await clearPartings(stores, 'alice');
  }

  it('is written before an item is made, and after it has gone', async () => {
    await befriend('bob');
    await job('alice');
    expect(done).to.deep.equal(['keep', `set ${jidOf('bob')}`]);
    expect(await kept()).to.deep.equal([[jidOf('bob'), { kind: 'made' }]]);
    await part('bob');
    await job('alice');
    expect(done.slice(2)).to.deep.equal([`remove ${jidOf('bob')}`, 'drop']);
    expect(await kept(), 'nothing is left').to.deep.equal([]);
  });

  it('says nothing any more where the server does not delete the node', async () => {
    refusesDeletion = true;
    await made.drop(ALICE);
    expect(done, 'where there is none').to.deep.equal([]);
    await befriend('bob');
    await job('alice');
    await part('bob');
    await job('alice');
    expect(await kept()).to.deep.equal([]);
    await befriend('bob');
    await job('alice');
    expect(await kept()).to.deep.equal([[jidOf('bob'), { kind: 'made' }]]);
  });

  it('says that an item has gone also where Redis is away from that moment on', async () => {
    await befriend('bob');
    await job('alice');
    await part('bob');
    isRedisAway = true;
    const failed = await job('alice').catch((err: Error) => err);
    expect(failed).to.have.property('message', 'Redis is away');
    expect(done.slice(2)).to.deep.equal([`remove ${jidOf('bob')}`, 'drop']);
    expect(await kept()).to.deep.equal([]);
  });

  it('says what an item was that was raised, and nothing of one that its user made a friend’s before', async () => {
    roster.set(jidOf('bob'), { jid: jidOf('bob'), subscription: 'to', name: 'Mine', groups: [] });
    roster.set(jidOf('carol'), { jid: jidOf('carol'), subscription: 'both', name: 'Mine', groups: [] });
    await befriend('bob', 'carol');
    await job('alice');
    expect(await kept()).to.deep.equal([[jidOf('bob'), { kind: 'raised', before: 'to' }]]);
  });

  it('is written whole where its user has opened the node', async () => {
    await befriend('bob');
    await job('alice');
    isOpen = true;
    node.clear();
    await befriend('bob', 'carol');
    await job('alice');
    expect(await kept()).to.deep.equal(['bob', 'carol'].map((id) => [jidOf(id), { kind: 'made' }]));
  });

  it('is not believed what Earshot cannot have written', async () => {
    const forged = [
      { jid: jidOf('bob'), before: 'nonsense' },
      { jid: 'not a JID' },
      { jid: 'op.example' },
      {},
      { jid: jidOf('carol'), before: 'from' },
    ];
    node.set('0', xml('made', {}, ...forged.map((attrs) => xml('item', attrs))));
    node.set('1', xml('made', {}, `nonsense\n\nx y@op.example\n@op.example\n${jidOf('bob')} nonsense`));
    expect(await kept()).to.deep.equal([[jidOf('carol'), { kind: 'raised', before: 'from' }]]);
  });

  it('is read where it was written as elements, as it once was', async () => {
    node.set(
      '0',
      xml('made', {}, xml('item', { jid: jidOf('bob') }), xml('item', { jid: jidOf('carol'), before: 'to' })),
    );
    expect(await kept()).to.deep.equal([
      [jidOf('bob'), { kind: 'made' }],
      [jidOf('carol'), { kind: 'raised', before: 'to' }],
    ]);
  });

  it('has a name that is another in each account, and does not say whose it is', () => {
    const names = ['alice', 'bob'].map((id) => madeNode('a secret', jidOf(id)));
    expect(names[0]).to.match(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set([...names, madeNode('another', ALICE)]).size).to.equal(3);
    expect(madeNode('a secret', ALICE)).to.equal(names[0]);
  });

  it('lacks no item that is there, wherever the stream breaks', async () => {
    for (const broken of ['keep', 'set']) {
      breaksAt = broken;
      await befriend('bob', 'carol');
      await job('alice').catch(() => {});
      expect(roster.size, broken).to.equal(0);
    }
    breaksAt = 'nothing';
    node.clear();
    await job('alice');
    expect((await kept()).map(([jid]) => jid)).to.deep.equal([...roster.keys()].sort());
    breaksAt = 'remove';
    await part('bob');
    await job('alice').catch(() => {});
    expect(roster.size).to.equal(2);
    expect(await kept()).to.have.length(2);
    breaksAt = 'nothing';
    await job('alice');
    expect(await kept()).to.deep.equal([[jidOf('carol'), { kind: 'made' }]]);
  });
});

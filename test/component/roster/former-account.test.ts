import { expect } from 'chai';
import { createRosterJob } from '../../../component/roster/roster.ts';
import type { RosterContext } from '../../../component/roster/roster-step.ts';
import { StanzaError } from '../../../component/stream/stanza-error.ts';
import type { RosterItem } from '../../../domain/friendship/roster.ts';
import { createConverge } from '../../../outlet/converge.ts';
import type { Stores } from '../../../store/stores.ts';
import { createRecorder } from '../../outlet/recorder.ts';
import { jobContext } from '../../support/context.ts';
import { clearPartings } from '../../support/partings.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const NOTHING = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
const OLD = 'bob@op.example';
const NEW = 'bob.chen@op.example';
const JIDS: Record<string, string> = { alice: 'alice@op.example', bob: OLD };
const BOB = { phoneNumber: '+1', numberKey: 'BBBBBBBBBBBB' };

describe('where a friend has given up an account that shows a tune', () => {
  const server = useRedis();
  let stores: Stores;
  /** What the server was told, in its order. */
  let told: string[];
  let woken: string[];
  /** The account whose roster the server cannot read: it says that it is empty, and writes nothing to it. */
  let unread: string | undefined;
  /** The jobs of the component of that home. */
  let roster: (id: string) => Promise<void>;
  let tune: (id: string) => Promise<unknown>;

  beforeEach(async () => {
    stores = server.freshStores();
    [told, woken, unread] = [[], [], undefined];
    work();
    const alice = { id: 'alice', jid: JIDS.alice ?? '', phoneNumber: '+0', numberKey: 'AAAAAAAAAAAA', displayName: '' };
    await addSubscriber(stores, alice, NOW);
    await addSubscriber(stores, { id: 'bob', jid: OLD, ...BOB, displayName: '' }, NOW);
    await knows('alice', 'bob', OLD);
    await knows('bob', 'alice', JIDS.alice ?? '');
    const song = {
      device: 'phone',
      tune: { kind: 'audio', title: 'Song' },
      since: NOW,
      expiresAt: NOW + 60_000,
    } as const;
    await stores.nowPlaying.play('bob', song, NOW);
    for (const id of ['alice', 'bob']) await roster(id);
    await tune('bob');
    await stores.subscribers.identity.change('bob', { numbers: BOB, jid: NEW }, NOW);
    [told.length, woken.length] = [0, 0];
  });

  /** Jobs of a component; `home`: of its home, where there are several. */
  function work(home?: string): void {
    const rosters = new Map<string, Map<string, RosterItem>>();
    const context = {
      ...jobContext(
        'component',
        stores,
        () => NOW,
        async (queue, ids) => void woken.push(...ids.map((id) => `${queue} ${id}`)),
      ),
      ...(home !== undefined && { home }),
      rosters: {
        read: async (jid: string) => new Map(jid === unread ? [] : rosters.get(jid)),
        async set(jid: string, item: RosterItem) {
          if (jid === unread) throw new StanzaError('internal-server-error', '');
          told.push(`${jid} has ${item.jid}`);
          rosters.set(jid, new Map(rosters.get(jid)).set(item.jid, item));
        },
        async remove(jid: string, item: string) {
          told.push(`${jid} has no ${item}`);
          rosters.get(jid)?.delete(item);
        },
      },
      mayBeOnline: () => false,
    } as unknown as RosterContext;
    const recorder = createRecorder('each-friend');
    const { show } = recorder;
    const outlet = {
      ...recorder,
      async show(address: string, ...what: [Parameters<typeof show>[1], Parameters<typeof show>[2]]) {
        told.push(`${address} shows ${what[0]?.tune.title ?? 'nothing'}`);
        return show(address, ...what);
      },
    };
    roster = createRosterJob(context, async () => {});
    tune = createConverge(outlet, context);
  }

  /** As a worker decides it. `former`: where that friend was before. */
  async function knows(id: string, other: string, jid: string, former?: string): Promise<void> {
    const dirty = [jid, ...(former === undefined ? [] : [former])].map((item) => ({ jid: item, id: other }));
    await stores.friends.write(id, { ...NOTHING, set: [{ id: other, jid, name: other, groups: [] }], dirty }, NOW);
  }

  it('its end is told before the items go by which friends hear it, at both ends', async () => {
    await knows('alice', 'bob', NEW, OLD);
    for (const id of ['alice', 'bob', 'alice']) await roster(id);
    expect(told).to.deep.equal([`${JIDS.alice} has ${NEW}`, `${NEW} has ${JIDS.alice}`]);
    expect(woken, 'who has to tell it').to.include('tune bob');
    [told.length, woken.length] = [0, 0];
    await tune('bob');
    expect(woken).to.have.members(['roster bob', 'roster alice']);
    for (const id of ['alice', 'bob']) await roster(id);
    expect(told.map((word) => word.replace(`${JIDS.alice}`, 'alice'))).to.deep.equal([
      `${OLD} shows nothing`,
      `${NEW} shows Song`,
      `alice has no ${OLD}`,
      `${OLD} has no alice`,
    ]);
    for (const id of ['alice', 'bob']) expect(await stores.due.isMarked('roster', id), id).to.equal(false);
  });

  it('its items go only when the server can read its roster again, and until then nobody else gets the address', async () => {
    await tune('bob');
    unread = OLD;
    await roster('bob');
    expect(told).to.not.include(`${OLD} has no ${JIDS.alice}`);
    expect((await stores.formerJids.list('bob')).map(({ jid }) => jid)).to.deep.equal([OLD]);
    expect(await stores.due.at('roster', 'bob'), 'it is looked at again').to.equal(NOW + 60_000);
    unread = undefined;
    await roster('bob');
    expect(told).to.include(`${OLD} has no ${JIDS.alice}`);
    expect(await stores.formerJids.list('bob')).to.deep.equal([]);
  });

  it('whoever waits for that is looked at again also when nobody is woken', async () => {
    await knows('alice', 'bob', NEW, OLD);
    await roster('alice');
    expect(await stores.due.isMarked('roster', 'alice')).to.equal(true);
    await stores.told.left('bob', 'xmpp', OLD);
    await roster('alice');
    expect(told).to.include(`${JIDS.alice} has no ${OLD}`);
    expect(await stores.due.isMarked('roster', 'alice')).to.equal(false);
  });

  it('nobody of another home waits for that, which may be away', async () => {
    const jid = 'carol@brand.example';
    const carol = { id: 'carol', jid, phoneNumber: '+2', numberKey: 'CCCCCCCCCCCC', displayName: '' };
    await addSubscriber(stores, carol, NOW);
    work('brand.example');
    await knows('carol', 'bob', OLD);
    await roster('carol');
    await knows('carol', 'bob', NEW, OLD);
    await roster('carol');
    expect(told).to.deep.equal([`${jid} has ${OLD}`, `${jid} has ${NEW}`, `${jid} has no ${OLD}`]);
  });

  it('a friendship that ends is not held by it', async () => {
    await knows('alice', 'bob', NEW, OLD);
    await roster('alice');
    const dirty = [NEW, OLD].map((jid) => ({ jid, id: 'bob' }));
    await stores.friends.write('alice', { ...NOTHING, unset: ['bob'], dirty }, NOW);
    await stores.friends.write('bob', { ...NOTHING, unset: ['alice'] }, NOW);
    for (const id of ['alice', 'bob']) await clearPartings(stores, id);
    await roster('alice');
    expect(told).to.include.members([`${JIDS.alice} has no ${NEW}`, `${JIDS.alice} has no ${OLD}`]);
  });
});

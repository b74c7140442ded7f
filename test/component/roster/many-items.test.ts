import { expect } from 'chai';
import { createRosterJob } from '../../../component/roster/roster.ts';
import type { RosterContext } from '../../../component/roster/roster-step.ts';
import type { RosterItem } from '../../../domain/friendship/roster.ts';
import type { Stores } from '../../../store/stores.ts';
import { jobContext } from '../../support/context.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const NOTHING = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
const jidOf = (id: string) => `${id}@op.example`;

describe('a roster job with several items', () => {
  const server = useRedis();
  let stores: Stores;
  let job: (id: string) => Promise<void>;
  let rosters: Map<string, Map<string, RosterItem>>;
  let reads: number;
  let online: Set<string>;
  let introduced: string[][];
  /** Whether the stream breaks before the server has heard what is sent. */
  let breaks: boolean;
  /** JIDs whose items cannot be set. */
  let refused: Set<string>;

  beforeEach(async () => {
    stores = server.freshStores();
    [rosters, reads, online, introduced, refused, breaks] = [new Map(), 0, new Set(), [], new Set(), false];
    const context = {
      ...jobContext('component', stores, () => NOW),
      rosters: {
        async read(jid: string) {
          reads += 1;
          return new Map(rosters.get(jid));
        },
        async set(jid: string, item: RosterItem) {
          if (refused.has(item.jid)) throw new Error('refused');
          rosters.set(jid, new Map(rosters.get(jid)).set(item.jid, item));
        },
        async remove(jid: string, item: string) {
          rosters.get(jid)?.delete(item);
        },
      },
      meetings: {
        introduce: async (a: string, b: string) => void introduced.push([a, b]),
        heard: async () => {
          if (breaks) throw new Error('the stream broke');
        },
        settle: async () => {},
        part: async () => {},
      },
      mayBeOnline: (jid: string) => online.has(jid),
    } as unknown as RosterContext;
    job = createRosterJob(context, async () => {});
    for (const [i, id] of ['alice', 'bob', 'carol'].entries()) {
      const subscriber = { id, phoneNumber: `+${i}`, numberKey: `${i}`.repeat(12), jid: jidOf(id), displayName: id };
      await addSubscriber(stores, subscriber, NOW);
    }
    await befriend('alice', ['bob', 'carol']);
    await befriend('bob', ['alice']);
    await befriend('carol', ['alice']);
  });

  async function befriend(id: string, others: string[]): Promise<void> {
    const set = others.map((other) => ({ id: other, jid: jidOf(other), name: other, groups: [] }));
    const dirty = others.map((other) => ({ jid: jidOf(other), id: other }));
    await stores.friends.write(id, { ...NOTHING, set, dirty }, NOW);
  }

  async function allDone(): Promise<void> {
    for (const id of ['alice', 'bob', 'carol']) {
      expect((await stores.friends.dirtyItems(id)).items).to.deep.equal([]);
      expect(await stores.due.isMarked('roster', id)).to.equal(false);
    }
  }

  it('reads the roster once, and leaves nothing due', async () => {
    for (const id of ['alice', 'bob', 'carol']) await job(id);
    expect(reads).to.equal(3);
    expect([...(rosters.get(jidOf('alice'))?.keys() ?? [])]).to.have.members([jidOf('bob'), jidOf('carol')]);
    await allDone();
  });

  it('introduces nobody where both are offline', async () => {
    for (const id of ['alice', 'bob', 'carol']) await job(id);
    expect(introduced).to.deep.equal([]);
  });

  it('introduces two of whom one is online once, when both have their items', async () => {
    online.add(jidOf('bob'));
    await job('alice');
    expect(introduced).to.deep.equal([]);
    for (const id of ['bob', 'carol']) await job(id);
    expect(introduced).to.deep.equal([[jidOf('bob'), jidOf('alice')]]);
    await befriend('alice', ['bob']);
    await job('alice');
    expect(introduced, 'again').to.have.length(1);
    await allDone();
  });

  it('introduces also somebody who came online between the two jobs', async () => {
    await job('alice');
    online.add(jidOf('alice'));
    for (const id of ['bob', 'carol']) await job(id);
    expect(introduced.map(([who]) => who)).to.have.members([jidOf('bob'), jidOf('carol')]);
  });

  it('introduces once more where the stream broke before the server had heard of it', async () => {
    online.add(jidOf('bob'));
    await job('alice');
    breaks = true;
    expect(await job('bob').catch((err: Error) => err.message)).to.equal('the stream broke');
    breaks = false;
    for (const id of ['bob', 'carol']) await job(id);
    expect(introduced).to.deep.equal([
      [jidOf('bob'), jidOf('alice')],
      [jidOf('bob'), jidOf('alice')],
    ]);
    await allDone();
  });

  it('notes what was answered though another item failed, and takes up that one as not deleted by the user', async () => {
    refused.add(jidOf('carol'));
    const failed = await job('alice').catch((err: Error) => err.message);
    expect(failed).to.equal('refused');
    const [bob, carol] = await stores.ledger.some('alice', jidOf('alice'), [jidOf('bob'), jidOf('carol')]);
    expect(bob).to.include({ kind: 'made' }).and.not.have.property('pending');
    expect(carol).to.include({ kind: 'made', pending: true });
    expect((await stores.friends.dirtyItems('alice')).items).to.deep.equal([{ jid: jidOf('carol'), id: 'carol' }]);
    refused.clear();
    for (const id of ['alice', 'bob', 'carol']) await job(id);
    expect(rosters.get(jidOf('alice'))?.size).to.equal(2);
    await allDone();
  });

  it('notes nothing, and does it all again, when another component noted something of the same roster meanwhile', async () => {
    const { read } = stores.rosterWork;
    stores.rosterWork.read = async (id) => {
      stores.rosterWork.read = read;
      const seen = await read(id);
      const next = { kind: 'made' as const, name: 'bob', groups: [], pending: true as const };
      await stores.ledger.note(id, jidOf(id), [{ jid: jidOf('bob'), seen: undefined, next }]);
      return seen;
    };
    const failed = await job('alice').catch((err: Error) => err.message);
    expect(failed).to.equal('another component works on the same roster');
    expect(rosters.size, 'nothing was sent').to.equal(0);
    for (const id of ['alice', 'bob', 'carol']) await job(id);
    await allDone();
  });
});

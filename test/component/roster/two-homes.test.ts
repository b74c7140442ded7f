import { expect } from 'chai';
import { createRosterJob } from '../../../component/roster/roster.ts';
import type { RosterContext } from '../../../component/roster/roster-step.ts';
import type { RosterItem } from '../../../domain/friendship/roster.ts';
import type { Stores } from '../../../store/stores.ts';
import { jobContext } from '../../support/context.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const JIDS: Record<string, string> = { alice: 'alice@op.example', bob: 'bob@brand.example' };

describe('the roster jobs of two friends at different homes', () => {
  const server = useRedis();
  let stores: Stores;
  let job: (id: string) => Promise<void>;
  /** What was said in whose name, and to whom. */
  let said: string[];
  let woken: string[];

  beforeEach(async () => {
    stores = server.freshStores();
    [said, woken] = [[], []];
    const rosters = new Map<string, Map<string, RosterItem>>();
    const context = {
      ...jobContext(
        'component',
        stores,
        () => NOW,
        async (_, ids) => void woken.push(...ids),
      ),
      rosters: {
        read: async (jid: string) => new Map(rosters.get(jid)),
        set: async (jid: string, item: RosterItem) =>
          void rosters.set(jid, new Map(rosters.get(jid)).set(item.jid, item)),
      },
      meetings: {
        introduce: async (a: string, b: string) => void said.push(`${a} and ${b}`),
        approach: async (a: string, b: string) => void said.push(`${a} to ${b}`),
        heard: async () => {},
        settle: async () => {},
      },
      mayBeOnline: () => false,
    } as unknown as RosterContext;
    job = createRosterJob(context, async () => {});
    for (const [i, [id, jid]] of Object.entries(JIDS).entries())
      await addSubscriber(
        stores,
        { id, jid, phoneNumber: `+${i}`, numberKey: `${i}`.repeat(12), displayName: id },
        NOW,
      );
    await befriend('alice', 'bob');
    await befriend('bob', 'alice');
  });

  async function befriend(id: string, other: string): Promise<void> {
    const item = { id: other, jid: JIDS[other] ?? '' };
    const set = [{ ...item, name: other, groups: [] }];
    await stores.friends.write(id, { set, dirty: [item], unset: [], bar: [], unbar: [] }, NOW);
  }

  const due = async () => {
    const marks = await Promise.all(Object.keys(JIDS).map((id) => stores.due.isMarked('roster', id)));
    return Object.keys(JIDS).filter((_, i) => marks[i]);
  };

  it('each speak for their own, once both items are there, and once', async () => {
    await job('alice');
    expect(said).to.deep.equal([]);
    await job('bob');
    expect(said).to.deep.equal([`${JIDS.bob} to ${JIDS.alice}`]);
    expect(await due(), 'whose half is to be done').to.deep.equal(['alice']);
    expect(woken).to.deep.equal(['alice']);
    await job('alice');
    expect(said).to.deep.equal([`${JIDS.bob} to ${JIDS.alice}`, `${JIDS.alice} to ${JIDS.bob}`]);
    expect(await due()).to.deep.equal([]);
    for (const [one, other] of [
      ['alice', 'bob'],
      ['bob', 'alice'],
    ] as const) {
      await befriend(one, other);
      await job(one);
    }
    expect(said, 'again').to.have.length(2);
    expect(await due()).to.deep.equal([]);
  });

  it('ask nothing of somebody who is a friend no more', async () => {
    await job('alice');
    await stores.friends.write('alice', { set: [], dirty: [], unset: ['bob'], bar: [], unbar: [] }, NOW);
    await job('bob');
    expect((await stores.friends.dirtyItems('alice')).items).to.deep.equal([]);
  });
});

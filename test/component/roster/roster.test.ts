import { expect } from 'chai';
import { createRosterJob } from '../../../component/roster/roster.ts';
import type { RosterContext } from '../../../component/roster/roster-step.ts';
import type { RosterAbility } from '../../../component/server/server.ts';
import { Fault } from '../../../domain/fault.ts';
import type { Stores } from '../../../store/stores.ts';
import { jobContext } from '../../support/context.ts';
import { clearPartings } from '../../support/partings.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = 1_800_000_000_000;
const NOTHING = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
const DIRTY = [{ jid: 'bob@op.example', id: 'bob' }];
const HER = { id: 'alice', jid: 'alice@op.example', name: 'Alice', groups: [], held: 'AAAAAAAAAAAA' };
const HIM = { id: 'bob', jid: 'bob@op.example', name: 'Bob', groups: [], held: 'BBBBBBBBBBBB' };

describe('the roster job', () => {
  const server = useRedis();
  let stores: Stores;
  let asked: number;
  let job: (id: string) => Promise<void>;

  beforeEach(async () => {
    stores = server.freshStores();
    asked = 0;
    const rosters = {
      read: async () => {
        asked += 1;
        throw new Fault('UNAVAILABLE', 'There is no server.');
      },
    } as unknown as RosterAbility;
    const context = {
      ...jobContext('component', stores, () => NOW),
      rosters,
      mayBeOnline: () => true,
    } as unknown as RosterContext;
    job = createRosterJob(context, async () => {});
    const { id, jid, held: numberKey } = HER;
    await stores.subscribers.create({ id, jid, numberKey, phoneNumber: '+1', displayName: '', state: 'pending' }, NOW);
    await stores.friends.write('bob', { ...NOTHING, set: [HER] }, NOW);
    await stores.friends.write('alice', { ...NOTHING, unset: ['bob'], dirty: DIRTY }, NOW);
  });

  async function waits(why: string): Promise<void> {
    await job('alice');
    expect(asked, why).to.equal(0);
    expect((await stores.friends.dirtyItems('alice')).items, 'it is not forgotten').to.deep.equal(DIRTY);
    expect(await stores.due.isMarked('roster', 'alice')).to.equal(true);
  }

  async function goesToTheServer(): Promise<void> {
    const refused = await job('alice').catch((err: { code: string }) => err);
    expect(refused).to.have.property('code', 'UNAVAILABLE');
    expect(asked).to.be.greaterThan(0);
  }

  it('asks the server for nothing while the tune is still on the screen of who parts', async () => {
    await waits('her tune is on his screen');
    await clearPartings(stores, 'alice');
    await waits('his end has not decided yet');
    await stores.friends.write('bob', { ...NOTHING, unset: ['alice'] }, NOW);
    await waits('his tune is on her screen');
    await clearPartings(stores, 'bob');
    await goesToTheServer();
  });

  it('waits for nobody who is a friend again before the other end heard of the parting', async () => {
    await stores.friends.write('alice', { ...NOTHING, set: [HIM], dirty: DIRTY }, NOW);
    await goesToTheServer();
  });
});

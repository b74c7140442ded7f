import { expect } from 'chai';
import { pino } from 'pino';
import type { Context } from '../../component/context.ts';
import { createRosterJob } from '../../component/roster.ts';
import type { Stream } from '../../component/stream.ts';
import { Fault } from '../../domain/fault.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

const NOW = 1_800_000_000_000;

describe('the roster job', () => {
  let server: TestRedis;

  before(async () => {
    server = await startTestRedis();
  });

  after(async () => server?.stop());

  it('asks the server for nothing while the tune is still on the screen of who parts', async () => {
    const stores = server.freshStores();
    let asked = 0;
    const stream = {
      request: async () => {
        asked += 1;
        throw new Fault('UNAVAILABLE', 'There is no server.');
      },
    } as unknown as Stream;
    const context = {
      stores,
      stream,
      queues: { enqueue: async () => {} },
      metrics: createMetrics('component'),
      log: pino({ level: 'silent' }),
      now: () => NOW,
    } as unknown as Context;
    const job = createRosterJob(context, async () => {});
    const alice = {
      id: 'alice',
      phoneNumber: '+1',
      numberKey: 'AAAAAAAAAAAA',
      jid: 'alice@op.example',
      displayName: '',
    };
    await stores.subscribers.create({ ...alice, state: 'pending' }, NOW);
    const dirty = [{ jid: 'bob@op.example', id: 'bob' }];
    const nothing = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
    const waits = async (why: string) => {
      await job('alice');
      expect(asked, why).to.equal(0);
      expect((await stores.friends.dirtyItems('alice')).items, 'it is not forgotten').to.deep.equal(dirty);
      expect(await stores.due.isMarked('roster', 'alice')).to.equal(true);
    };
    const her = { id: 'alice', jid: 'alice@op.example', name: 'Alice', groups: [], held: 'AAAAAAAAAAAA' };
    await stores.friends.write('bob', { ...nothing, set: [her] }, NOW);
    await stores.friends.write('alice', { ...nothing, unset: ['bob'], dirty }, NOW);
    await waits('her tune is on his screen');
    await stores.sharing.clear('alice', await stores.sharing.partings('alice'));
    await waits('his end has not decided yet');
    await stores.friends.write('bob', { ...nothing, unset: ['alice'] }, NOW);
    await waits('his tune is on her screen');
    await stores.sharing.clear('bob', await stores.sharing.partings('bob'));
    const refused = await job('alice').catch((err: { code: string }) => err);
    expect(refused).to.have.property('code', 'UNAVAILABLE');
    expect(asked).to.be.greaterThan(0);
  });
});

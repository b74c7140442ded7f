import { expect } from 'chai';
import { pino } from 'pino';
import { createMetrics } from '../../../runtime/metrics.ts';
import { connectEvents } from '../../../runtime/redis/redis.ts';
import { askedBy } from '../../../store/due/asked.ts';
import { createWakeSource } from '../../../store/due/wakes.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = 1_800_000_000_000;

describe('who is overdue, of all queues of a process', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(() => {
    stores = server.freshStores();
  });

  /** Scripts that Redis has run. */
  async function scripts(): Promise<number> {
    const stats = await server.redis.info('commandstats');
    return ['eval', 'evalsha'].reduce(
      (sum, name) => sum + Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0),
      0,
    );
  }

  it('is one question where nobody is, and one more for each list in which somebody is', async () => {
    const connection = await connectEvents(server.place, pino({ level: 'silent' }));
    try {
      const asked = askedBy(
        stores,
        createWakeSource(connection, stores.keys, server.place.sharded),
        createMetrics('test'),
        () => NOW,
      );
      const queues = [asked('tune'), asked('roster'), asked('listen')];
      const overdue = () => Promise.all(queues.map((queue) => queue.overdue(1_000)));
      await stores.due.postpone('roster', 'alice', NOW);
      await stores.due.postpone('listen', 'bob', NOW + 1);
      expect(await overdue()).to.deep.equal([[], ['alice'], []]);
      const before = await scripts();
      expect(await overdue(), 'each once').to.deep.equal([[], [], []]);
      expect((await scripts()) - before).to.equal(1);
      await stores.due.postpone('tune', 'bob', NOW - 1);
      expect(await overdue()).to.deep.equal([['bob'], [], []]);
      expect((await scripts()) - before).to.equal(3);
    } finally {
      connection.destroy();
    }
  });
});

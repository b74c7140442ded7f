import { expect } from 'chai';
import { pino } from 'pino';
import { connectQueueRedis } from '../../../runtime/queue/queue-redis.ts';
import { createQueueWorker } from '../../../runtime/queue/queue-worker.ts';
import { createQueues } from '../../../runtime/queue/queues.ts';
import { askNode } from '../../../runtime/redis/redis-node.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';

const IDS = Array.from({ length: 60 }, (_, i) => `subscriber-${i}`);

describe('a queue that is spread over a Redis Cluster', () => {
  const server = useRedis('a Redis Cluster');
  const log = pino({ level: 'silent' });

  /** Jobs of that queue at each master. */
  async function jobsOf(name: string): Promise<number[]> {
    const keysOf = (url: string) => askNode(url, (node) => node.keys(`*:${name}:[0-9]*`));
    return (await Promise.all(server.url.split(',').map(keysOf))).map((keys) => keys.length);
  }

  it('has jobs at every master, each subscriber’s at one, and all of them are counted and done', async () => {
    const redis = await connectQueueRedis(server.place, 'spread', 'fail-fast', log);
    const queues = createQueues(redis, log, async () => {});
    await queues.enqueue('reconcile', IDS);
    await queues.enqueue('reconcile', IDS);
    await queues.enqueue('verification', IDS);
    for (const count of await jobsOf('reconcile')) expect(count).to.be.within(10, 30);
    expect((await jobsOf('verification')).filter((count) => count > 0)).to.deep.equal([IDS.length]);
    expect(await queues.waiting('reconcile')).to.equal(IDS.length);
    const done: string[] = [];
    const worker = createQueueWorker(redis, 'reconcile', log, async (id) => void done.push(id));
    await eventually(() => expect(done).to.have.members(IDS));
    await worker.close();
    await eventually(async () => expect(await queues.waiting('reconcile')).to.equal(0));
    await queues.dropEvents();
    await queues.close();
    redis.close();
  });
});

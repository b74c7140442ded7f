import { expect } from 'chai';
import { pino } from 'pino';
import { connectQueueRedis, type QueueRedis } from '../../runtime/queue-redis.ts';
import { createQueues, createQueueWorker, type Queues, type QueueWorker } from '../../runtime/queues.ts';
import { eventually } from '../support/eventually.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

/** Milliseconds. */
const LONG = 60_000;

describe('a job that waits for its delay', () => {
  const log = pino({ level: 'silent' });
  let server: TestRedis;
  let redis: QueueRedis;
  let queues: Queues;
  let worker: QueueWorker;
  let done: string[];

  before(async () => {
    server = await startTestRedis();
    redis = await connectQueueRedis(server.place, 'earshot', 'fail-fast', log);
    queues = createQueues(redis, 'earshot', log);
    done = [];
    worker = createQueueWorker(redis, 'earshot', 'reconcile', 4, log, async (id) => {
      done.push(id);
    });
    void worker.run();
  });

  after(async () => {
    await worker?.close();
    await queues?.close();
    redis?.close();
    await server?.stop();
  });

  it('is brought forward by one that does not', async () => {
    await queues.enqueue('reconcile', ['alice'], LONG);
    await queues.enqueue('reconcile', ['alice']);
    await eventually(async () => expect(done).to.deep.equal(['alice']));
  });

  it('is not put off by another, however often it is asked for', async () => {
    await queues.enqueue('reconcile', ['bob'], 500);
    await queues.enqueue('reconcile', ['bob'], LONG);
    await eventually(async () => expect(done).to.include('bob'));
  });
});

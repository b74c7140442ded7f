import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { pino } from 'pino';
import { createClient } from 'redis';
import { connectQueueRedis, type QueueRedis, queuePrefix } from '../../../runtime/queue/queue-redis.ts';
import { createQueueWorker, type QueueWorker } from '../../../runtime/queue/queue-worker.ts';
import { createQueues, type Queues } from '../../../runtime/queue/queues.ts';
import { isRedisAway } from '../../../runtime/redis/redis.ts';
import { eventually } from '../../support/eventually.ts';
import { whileHanging } from '../../support/hanging.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';

/** Milliseconds. */
const LONG = 60_000;

describe('the queues', () => {
  const log = pino({ level: 'silent' });
  let server: TestRedis;
  let redis: QueueRedis;
  let queues: Queues;
  let worker: QueueWorker;
  let done: string[];

  before(async () => {
    server = await startTestRedis();
    redis = await connectQueueRedis(server.place, 'earshot', 'fail-fast', log);
    queues = createQueues(redis, log, async () => {});
    done = [];
    worker = createQueueWorker(redis, 'reconcile', log, async (id) => {
      done.push(id);
    });
  });

  after(async () => {
    await worker?.close();
    await queues?.close();
    redis?.close();
    await server?.stop();
  });

  it('bring a job that waits for its delay forward by one that does not', async () => {
    await queues.enqueue('reconcile', ['alice'], LONG);
    await queues.enqueue('reconcile', ['alice']);
    await eventually(async () => expect(done).to.deep.equal(['alice']));
  });

  it('do not put a job off by another, however often it is asked for', async () => {
    await queues.enqueue('reconcile', ['bob'], 500);
    await queues.enqueue('reconcile', ['bob'], LONG);
    await eventually(async () => expect(done).to.include('bob'));
  });

  it('take several at once also from a Redis that has forgotten their scripts, as after a restart', async () => {
    const bare = createClient({ url: server.url });
    await bare.connect();
    await bare.scriptFlush();
    bare.destroy();
    await queues.enqueue('reconcile', ['carol', 'dave']);
    await eventually(async () => expect(done).to.include.members(['carol', 'dave']));
  });

  it('say why several were not taken, and do not try them again one by one', async () => {
    // A Redis of its own: a worker that asks for jobs would be refused, too.
    const full = await startTestRedis();
    const fullRedis = await connectQueueRedis(full.place, 'earshot', 'fail-fast', log);
    const unread = createQueues(fullRedis, log, async () => {});
    const refusals = async () =>
      Number(/errorstat_OOM:count=(\d+)/.exec(await full.redis.info('errorstats'))?.[1] ?? 0);
    try {
      await full.redis.configSet('maxmemory', '1');
      const refused = await unread.enqueue('reconcile', ['erin', 'frank']).catch((err: unknown) => err);
      expect(refused).to.satisfy(isRedisAway);
      const afterwards = await refusals();
      await unread.enqueue('reconcile', ['erin']).catch(() => {});
      expect(afterwards).to.be.above(0);
      expect(afterwards, 'what one refused job counts, for each').to.equal(2 * ((await refusals()) - afterwards));
    } finally {
      await unread.close();
      fullRedis.close();
      await full.stop();
    }
  });

  it('and their workers leave nothing behind that ends the process when the connection they shared breaks', async () => {
    const lost: string[] = [];
    const noted = pino({ level: 'warn' }, { write: (line) => lost.push(line) });
    const breaking = await startTestRedis();
    const shared = await connectQueueRedis(breaking.place, 'left', 'wait', noted);
    const left = createQueueWorker(shared, 'source', log, async () => {});
    const leftQueues = createQueues(shared, log, async () => {});
    const killer = createClient({ url: breaking.url });
    try {
      await leftQueues.enqueue('source', ['alice']);
      await Promise.all([left.close(), leftQueues.close()]);
      await killer.connect();
      await killer.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal']);
      await eventually(() => expect(lost.join('')).to.include('Redis connection'));
    } finally {
      killer.destroy();
      shared.close();
      await breaking.stop();
    }
  });

  it('take jobs from a Redis that hung while they began, once it answers again', async () => {
    const pid = Number(/process_id:(\d+)/.exec(await server.redis.info('server'))?.[1]);
    const patient = await connectQueueRedis(server.place, 'late', 'fail-fast', log, 250);
    const late = await whileHanging({ pid }, async () => {
      const begun = createQueues(patient, log, async () => {});
      expect(await begun.enqueue('source', ['alice']).catch((err: unknown) => err)).to.satisfy(isRedisAway);
      return begun;
    });
    try {
      await eventually(() => late.enqueue('source', ['alice']));
    } finally {
      await late.close();
      patient.close();
    }
  });

  it('give their jobs to a worker that began while Redis hung, once it answers again', async () => {
    const pid = Number(/process_id:(\d+)/.exec(await server.redis.info('server'))?.[1]);
    const patient = await connectQueueRedis(server.place, 'earshot', 'wait', log, 250);
    const seen: string[] = [];
    const late = await whileHanging({ pid }, async () => {
      const begun = createQueueWorker(patient, 'source', log, async (id) => {
        seen.push(id);
      });
      // Long enough for its connections to be given up.
      await sleep(1_500);
      return begun;
    });
    try {
      await queues.enqueue('source', ['erin']);
      await eventually(() => expect(seen).to.deep.equal(['erin']));
    } finally {
      await late.close();
      patient.close();
    }
  });

  it('go on with the worker that they have when many of its jobs lose their locks at once', async () => {
    const said: string[] = [];
    const heard = pino({}, { write: (line) => said.push(JSON.parse(line).msg) });
    const [keep, lose] = [idsOf('keeps', 10), idsOf('loses', 100)];
    const begun: { id: string; lock: string }[] = [];
    const latch = new EventEmitter().setMaxListeners(0);
    let held = true;
    const locked = await connectQueueRedis(server.place, 'locked', 'wait', log);
    const lockedQueues = createQueues(locked, log, async () => {});
    const sinks = createQueueWorker(locked, 'sink', heard, async (id, job) => {
      begun.push({ id, lock: `${queuePrefix('locked')}:sink:${job.id}:lock` });
      if (held) await once(latch, 'go');
    });
    try {
      await lockedQueues.enqueue('sink', [...keep, ...lose]);
      await eventually(() => expect(begun).to.have.length(keep.length + lose.length));
      await server.redis.unlink(begun.filter(({ id }) => lose.includes(id)).map(({ lock }) => lock));
      await eventually(() => expect(said.join()).to.match(/no longer locked|made anew/));
      held = false;
      latch.emit('go');
      await eventually(async () =>
        expect(await server.redis.keys(`${queuePrefix('locked')}:sink:*:lock`)).to.deep.equal([]),
      );
      expect(
        begun.filter(({ id }) => keep.includes(id)),
        'those that kept theirs',
      ).to.have.length(keep.length);
      expect(said.join()).not.to.contain('made anew');
    } finally {
      await Promise.all([sinks.close(), lockedQueues.close()]);
      locked.close();
    }
  });
});

function idsOf(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${index}`);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, Worker } from 'bullmq';
import type { Log } from '../log.ts';
import type { QueuePart, QueueRedis } from './queue-redis.ts';
import { isSpread, QUEUES, type RedisQueue } from './queue-table.ts';
import type { SubscriberJob } from './queues.ts';

/** Looks at one subscriber. The job and its token are for work that puts itself off. */
export type QueueWork = (id: string, job: Job<SubscriberJob>, token: string) => Promise<void>;

/** Runs a queue's jobs until it is closed, which waits for what is under way. */
export type QueueWorker = { close(): Promise<void> };

/** Milliseconds until a worker that could not begin is made anew. */
const AGAIN = 1_000;
/** Failures of one worker before anything else of this process had its turn. */
const MOST_AT_ONCE = 50;
/** What BullMQ says of each job whose lock is lost, of many of them in one turn: nothing is wrong with the worker. */
const LOCK_LOST =
  /^(?:could not renew lock|Missing (?:lock|key)|Lock mismatch) for job |^Job \S+ is not in the active state/;

/**
 * Runs as many jobs side by side as the table of queues says, as soon as Redis answers; of a queue that is in several parts a
 * share of that in each. `failed` is called for each try that failed.
 */
export function createQueueWorker(
  { parts }: QueueRedis,
  name: RedisQueue,
  log: Log,
  work: QueueWork,
  failed: () => void = () => {},
): QueueWorker {
  const all = isSpread(name) ? parts : parts.slice(0, 1);
  const concurrency = Math.ceil(QUEUES[name].concurrency / all.length);
  const workers = all.map((part) => createPartWorker(part, name, concurrency, log, work, failed));
  return {
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

/**
 * Runs the jobs of one part. BullMQ's worker keeps for ever that
 * its connection broke while it began, and then asks for its next job again and again without
 * letting a timer or a socket of the process have a turn. So it runs only once its connections are
 * there, and one that fails like this nevertheless is replaced.
 */
function createPartWorker(
  { prefix, connection }: QueuePart,
  name: RedisQueue,
  concurrency: number,
  log: Log,
  work: QueueWork,
  failed: () => void,
): QueueWorker {
  let worker: Worker<SubscriberJob> | undefined;
  let closed = false;

  function make(): Worker<SubscriberJob> {
    const made = new Worker<SubscriberJob>(name, (job, token) => work(job.data.id, job, token ?? ''), {
      connection: connection(),
      prefix,
      concurrency,
      autorun: false,
      // A process that was killed keeps its jobs locked this long.
      lockDuration: 10_000,
      stalledInterval: 5_000,
      maxStalledCount: 1_000,
      runRetryDelay: 1_000,
    });
    const failures = createTurnCount();
    made.on('lockRenewalFailed', (jobs) => {
      log.warn({ queue: name, jobs: jobs.length }, 'jobs are no longer locked, and are done once more');
    });
    made.on('error', (err) => {
      if (LOCK_LOST.test(err.message)) return log.debug({ err, queue: name }, 'queue worker');
      if (failures.add() < MOST_AT_ONCE) return log.warn({ err, queue: name }, 'queue worker');
      if (worker === made) replace(made);
    });
    made.on('failed', (job, err) => {
      log.warn({ err, queue: name, subject: job?.data.id, attempt: job?.attemptsMade }, 'job failed');
      failed();
    });
    return made;
  }

  async function begin(): Promise<void> {
    while (!closed) {
      const made = make();
      try {
        await made.waitUntilReady();
        worker = made;
        run(made);
        return;
      } catch (err) {
        log.warn({ err, queue: name }, 'the queue worker could not begin, and is made anew');
        await end(made);
        await sleep(AGAIN);
      }
    }
  }

  function replace(failed: Worker<SubscriberJob>): void {
    log.error({ queue: name }, 'the queue worker does nothing but fail, and is made anew');
    worker = undefined;
    beginning = end(failed).then(() => begin());
  }

  function run(ready: Worker<SubscriberJob>): void {
    ready.run().catch((err: unknown) => log.error({ err, queue: name }, 'queue worker ended'));
  }

  /** Also where Redis does not answer. */
  async function end(one: Worker<SubscriberJob>): Promise<void> {
    await one.close(true).catch((err: unknown) => log.warn({ err, queue: name }, 'queue worker'));
  }

  let beginning = begin();

  return {
    async close() {
      closed = true;
      await beginning;
      await worker?.close();
    },
  };
}

/** Counts since something else of this process last had its turn. */
function createTurnCount() {
  let count = 0;
  return {
    add(): number {
      if (count === 0)
        setImmediate(() => {
          count = 0;
        });
      count += 1;
      return count;
    },
  };
}

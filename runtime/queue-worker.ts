import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, Worker } from 'bullmq';
import type { Log } from './log.ts';
import { type QueueRedis, queuePrefix } from './queue-redis.ts';
import { QUEUES, type QueueName } from './queue-table.ts';
import type { SubscriberJob } from './queues.ts';

/** Looks at one subscriber. The job and its token are for work that puts itself off. */
export type QueueWork = (id: string, job: Job<SubscriberJob>, token: string) => Promise<void>;

/** Runs a queue's jobs while it is open. */
export type QueueWorker = {
  /** Takes jobs from now on, as soon as Redis answers. */
  open(): void;
  /** Takes no more. What is under way goes on, and nobody waits for it. */
  shut(): void;
  /** Waits for what is under way. */
  close(): Promise<void>;
};

/** Milliseconds until a worker that could not begin is made anew. */
const AGAIN = 1_000;
/** Failures of one worker before anything else of this process had its turn. */
const MOST_AT_ONCE = 50;

/**
 * Runs as many jobs side by side as the table of queues says. BullMQ's worker keeps for ever that
 * its connection broke while it began, and then asks for its next job again and again without
 * letting a timer or a socket of the process have a turn. So it runs only once its connections are
 * there, and one that fails like this nevertheless is replaced.
 */
export function createQueueWorker(
  redis: QueueRedis,
  prefix: string,
  name: QueueName,
  log: Log,
  work: QueueWork,
): QueueWorker {
  let worker: Worker<SubscriberJob> | undefined;
  let wanted = false;
  let closed = false;
  let beginning: Promise<void> | undefined;

  function make(): Worker<SubscriberJob> {
    const made = new Worker<SubscriberJob>(name, (job, token) => work(job.data.id, job, token ?? ''), {
      connection: redis.connection(),
      prefix: queuePrefix(prefix),
      concurrency: QUEUES[name].concurrency,
      autorun: false,
      // A process that was killed keeps its jobs locked this long.
      lockDuration: 10_000,
      stalledInterval: 5_000,
      maxStalledCount: 1_000,
      runRetryDelay: 1_000,
    });
    const failures = createTurnCount();
    made.on('error', (err) => {
      if (failures.add() < MOST_AT_ONCE) return log.warn({ err, queue: name }, 'queue worker');
      if (worker === made) replace(made);
    });
    made.on('failed', (job, err) =>
      log.warn({ err, queue: name, subject: job?.data.id, attempt: job?.attemptsMade }, 'job failed'),
    );
    return made;
  }

  async function begin(): Promise<void> {
    while (!closed) {
      const made = make();
      try {
        await made.waitUntilReady();
        worker = made;
        if (wanted) run(made);
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
    if (ready.isPaused()) ready.resume();
    else if (!ready.isRunning())
      ready.run().catch((err: unknown) => log.error({ err, queue: name }, 'queue worker ended'));
  }

  /** Also where Redis does not answer. */
  async function end(one: Worker<SubscriberJob>): Promise<void> {
    await one.close(true).catch((err: unknown) => log.warn({ err, queue: name }, 'queue worker'));
  }

  return {
    open() {
      wanted = true;
      beginning ??= begin();
      if (worker) run(worker);
    },
    shut() {
      wanted = false;
      if (worker?.isRunning()) void worker.pause(true);
    },
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

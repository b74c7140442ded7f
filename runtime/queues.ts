import { Queue } from 'bullmq';
import { MultiErrorReply } from 'redis';
import type { Log } from './log.ts';
import { type QueueRedis, queuePrefix } from './queue-redis.ts';
import { isInMemory, type MemoryQueue, QUEUE_NAMES, type QueueName } from './queue-table.ts';

/** All that a job says: at whom to look again. */
export type SubscriberJob = { id: string };

/** All queues, to ask for jobs. */
export type Queues = {
  /**
   * Look at these subscribers again, now or `delay` milliseconds from now. Asking twice is asking once. Where jobs are kept
   * in memory there is no delay.
   */
  enqueue(name: QueueName, ids: readonly string[], delay?: number): Promise<void>;
  /** How many jobs wait for their turn; 0 where they are kept in memory. */
  waiting(name: QueueName): Promise<number>;
  /** Jobs that are in Redis and wait for a retry run at once. */
  retryNow(name: QueueName): Promise<void>;
  /** Empties the queues' streams of events, which nobody listens to and which name subscribers. */
  dropEvents(): Promise<void>;
  close(): Promise<void>;
};

/** Retries within a job are for short troubles; the sweep looks again at what is still due afterwards. */
const RETRIES = { attempts: 6, backoff: { type: 'exponential', delay: 250, jitter: 0.5 } };

/** Jobs that are added in one step of Redis, which serves nobody else meanwhile. */
const BULK = 50;

/** Queues that BullMQ keeps. */
type RedisQueue = Exclude<QueueName, MemoryQueue>;
const REDIS_QUEUES = QUEUE_NAMES.filter((name): name is RedisQueue => !isInMemory(name));

/** `wake`: tells whoever keeps the jobs of that queue in memory. */
export function createQueues(
  redis: QueueRedis,
  prefix: string,
  log: Log,
  wake: (name: MemoryQueue, ids: readonly string[]) => Promise<void>,
): Queues {
  const options = {
    connection: redis.connection(),
    prefix: queuePrefix(prefix),
    streams: { events: { maxLen: 100 } },
    skipMetasUpdate: true,
    defaultJobOptions: { ...RETRIES, removeOnComplete: true, removeOnFail: true },
  };
  const queues = new Map<RedisQueue, Queue<SubscriberJob>>();
  for (const name of REDIS_QUEUES) open(name);

  /** BullMQ's queue that could not begin, as the connection broke meanwhile, never does: whoever asks next finds another. */
  function open(name: RedisQueue): Queue<SubscriberJob> {
    const queue = new Queue<SubscriberJob>(name, options);
    queue.on('error', (err) => log.warn({ err, queue: name }, 'queue'));
    queue.waitUntilReady().catch(async () => {
      if (queues.get(name) === queue) queues.delete(name);
      await queue.close().catch((err: unknown) => log.warn({ err, queue: name }, 'queue'));
    });
    queues.set(name, queue);
    return queue;
  }

  function queueOf(name: RedisQueue): Queue<SubscriberJob> {
    return queues.get(name) ?? open(name);
  }

  async function enqueue(name: QueueName, ids: readonly string[], delay = 0): Promise<void> {
    if (ids.length === 0) return;
    if (isInMemory(name)) return wake(name, ids);
    for (let from = 0; from < ids.length; from += BULK) await add(name, ids.slice(from, from + BULK), delay);
  }

  async function add(name: RedisQueue, ids: readonly string[], delay: number): Promise<void> {
    const queue = queueOf(name);
    const addOne = (id: string) => queue.add(name, { id }, jobOptions(id, delay));
    const [first, ...others] = ids;
    if (first !== undefined && others.length === 0) await addOne(first);
    else
      await queue
        .addBulk(ids.map((id) => ({ name, data: { id }, opts: jobOptions(id, delay) })))
        .catch((err: unknown) => {
          const reasons = err instanceof MultiErrorReply ? [...err.errors()] : [err];
          if (!reasons.some(isScriptUnknown)) throw reasons[0];
          return Promise.all(ids.map(addOne));
        });
  }

  return {
    enqueue,
    async waiting(name) {
      return isInMemory(name) ? 0 : queueOf(name).getWaitingCount();
    },
    async dropEvents() {
      await Promise.all(REDIS_QUEUES.map((name) => queueOf(name).trimEvents(0)));
    },
    async retryNow(name) {
      if (!isInMemory(name)) await queueOf(name).promoteJobs();
    },
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** A Redis that was restarted knows none of the scripts, and a bulk only names them (EVALSHA); single ones bring them. */
function isScriptUnknown(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/**
 * One job at a time for each subscriber; what is asked for meanwhile runs once afterwards. A job that waits for its
 * delay is brought forward by one that does not, and never put off: who asks without end would wait without end.
 */
function jobOptions(id: string, delay: number) {
  return { delay, deduplication: { id, keepLastIfActive: true, reschedule: delay === 0 } };
}

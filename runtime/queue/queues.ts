import { hash } from 'node:crypto';
import { Queue } from 'bullmq';
import { MultiErrorReply } from 'redis';
import type { Cause } from '../cause.ts';
import type { Log } from '../log.ts';
import type { Span } from '../tracing.ts';
import type { QueuePart, QueueRedis } from './queue-redis.ts';
import {
  isInMemory,
  isSpread,
  type MemoryQueue,
  type QueueName,
  REDIS_QUEUES,
  type RedisQueue,
} from './queue-table.ts';

/** All that a job says: at whom to look again. */
export type SubscriberJob = { id: string };

/**
 * Does such a job. Returns when to look again if it was too early, in milliseconds since the epoch. The process that runs it
 * sees to that: `runtime/queue/memory-worker`, or for a queue in Redis `store/due/put-off`.
 */
export type Work = (id: string) => Promise<number | undefined>;

/**
 * What came along with the wake for a job that is kept in memory; undefined where there is nothing, and from the moment at which it
 * may be old: then all has to be read. `cause`: the request that was the last to ask for it, where it is known; `span`: the job's own,
 * where that request is traced.
 */
export type Wake = {
  readonly brought: string | undefined;
  readonly cause?: Cause | undefined;
  readonly span?: Span | undefined;
};

/** Work that makes use of it. */
export type WokenWork = (id: string, wake?: Wake) => Promise<number | undefined>;

/** All queues, to ask for jobs. */
export type Queues = {
  /**
   * Look at these subscribers again, now or `delay` milliseconds from now. Asking twice is asking once. Where jobs are kept
   * in memory there is no delay.
   */
  enqueue(name: QueueName, ids: readonly string[], delay?: number): Promise<void>;
  /** How many jobs wait for their turn. */
  waiting(name: RedisQueue): Promise<number>;
  /** Empties the queues' streams of events, which nobody listens to and which name subscribers. */
  dropEvents(): Promise<void>;
  close(): Promise<void>;
};

/** Retries within a job are for short troubles; the sweep looks again at what is still due afterwards. */
const RETRIES = { attempts: 6, backoff: { type: 'exponential', delay: 250, jitter: 0.5 } };

/** Jobs that are added in one step of Redis, which serves nobody else meanwhile. */
const BULK = 50;

/**
 * `wake`: tells whoever keeps the jobs of that queue in memory. `isUsed`: whether anybody runs the jobs of a queue; none is asked for
 * where nobody does.
 */
export function createQueues(
  { parts }: QueueRedis,
  log: Log,
  wake: (name: MemoryQueue, ids: readonly string[]) => Promise<void>,
  isUsed: (name: QueueName) => boolean = () => true,
): Queues {
  const options = {
    streams: { events: { maxLen: 100 } },
    skipMetasUpdate: true,
    defaultJobOptions: { ...RETRIES, removeOnComplete: true, removeOnFail: true },
  };
  /** By the queue's place. */
  const queues = new Map<string, Queue<SubscriberJob>>();
  const [first] = parts;
  const partsOf = (name: RedisQueue) => (isSpread(name) ? parts : [first]);
  const placeOf = (name: RedisQueue, { prefix }: QueuePart) => `${prefix}:${name}`;
  for (const name of REDIS_QUEUES) for (const part of partsOf(name)) open(name, part);

  /** BullMQ's queue that could not begin, as the connection broke meanwhile, never does: whoever asks next finds another. */
  function open(name: RedisQueue, part: QueuePart): Queue<SubscriberJob> {
    const place = placeOf(name, part);
    const queue = new Queue<SubscriberJob>(name, { ...options, connection: part.connection(), prefix: part.prefix });
    queue.on('error', (err) => log.warn({ err, queue: name }, 'queue'));
    queue.waitUntilReady().catch(async () => {
      if (queues.get(place) === queue) queues.delete(place);
      await queue.close().catch((err: unknown) => log.warn({ err, queue: name }, 'queue'));
    });
    queues.set(place, queue);
    return queue;
  }

  function queueOf(name: RedisQueue, part: QueuePart): Queue<SubscriberJob> {
    return queues.get(placeOf(name, part)) ?? open(name, part);
  }

  const eachPart = <T>(name: RedisQueue, ask: (queue: Queue<SubscriberJob>) => Promise<T>) =>
    Promise.all(partsOf(name).map((part) => ask(queueOf(name, part))));

  async function enqueue(name: QueueName, ids: readonly string[], delay = 0): Promise<void> {
    if (ids.length === 0) return;
    if (!isUsed(name)) return;
    if (isInMemory(name)) return wake(name, ids);
    const places = partsOf(name);
    await Promise.all(
      places.map((part, place) =>
        addAll(
          name,
          part,
          ids.filter((id) => placeIn(id, places.length) === place),
          delay,
        ),
      ),
    );
  }

  async function addAll(name: RedisQueue, part: QueuePart, ids: readonly string[], delay: number): Promise<void> {
    for (let from = 0; from < ids.length; from += BULK)
      await add(name, queueOf(name, part), ids.slice(from, from + BULK), delay);
  }

  async function add(
    name: RedisQueue,
    queue: Queue<SubscriberJob>,
    ids: readonly string[],
    delay: number,
  ): Promise<void> {
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
      const counts = await eachPart(name, (queue) => queue.getWaitingCount());
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async dropEvents() {
      await Promise.all(REDIS_QUEUES.map((name) => eachPart(name, (queue) => queue.trimEvents(0))));
    },
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** In which of so many parts a subscriber's jobs are: always the same, so that two of them are never side by side. */
function placeIn(id: string, parts: number): number {
  return parts === 1 ? 0 : (hash('sha256', id, 'buffer')[0] as number) % parts;
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

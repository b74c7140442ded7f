import { OUTLETS, type OutletProcess, type OutletRow } from '../../domain/playing/outlets.ts';

type QueueTraits = {
  /**
   * Who runs a queue's jobs, and so where they are kept. `worker`: in Redis, by BullMQ, for any of several workers to take. Any
   * other: in the memory of the active process of that kind, which is woken by a message; what nobody heard is still due
   * (decisions 136, 241 and 264).
   */
  process: OutletProcess;
  /** How many jobs run side by side. */
  concurrency: number;
  /** Somebody who leaves is not forgotten while something of theirs is due here. */
  holdsErasure: boolean;
  /**
   * Everybody is looked at anew when the XMPP server begins to grant privileges (decision 74): the
   * job does less without them.
   */
  handedOver: boolean;
};

type OutletQueues = { [Row in OutletRow as Row['queue']]: QueueTraits & Pick<Row, 'process'> };

/**
 * What was shown has to be taken away from whoever leaves, and shown anew by a component that may
 * do more than before.
 */
const outletQueues = Object.fromEntries(
  OUTLETS.map(({ queue, process, concurrency }) => [
    queue,
    { process, concurrency, holdsErasure: true, handedOver: process === 'component' },
  ]),
) as OutletQueues;

/**
 * Every queue. A job says "look at this subscriber again" and nothing else; those of `verification`
 * name a code that is to be sent, and those of `sink` a subscription.
 */
export const QUEUES = {
  ...outletQueues,
  // What the server is asked at a time is bounded where it is asked; jobs that go on together share their notes (decision 212).
  roster: { process: 'component', concurrency: 64, holdsErasure: true, handedOver: true },
  reconcile: { process: 'worker', concurrency: 16, holdsErasure: true, handedOver: false },
  // The account goes last: whoever erases asks for it when nothing else holds (decision 55).
  account: { process: 'component', concurrency: 4, holdsErasure: false, handedOver: false },
  // What an import has ordered keeps nobody waiting who asks for one account. While one may be on its way, nobody deletes it.
  order: { process: 'component', concurrency: 4, holdsErasure: true, handedOver: false },
  // Whose books are read find their places themselves.
  source: { process: 'worker', concurrency: 100, holdsErasure: false, handedOver: false },
  listen: { process: 'component', concurrency: 4, holdsErasure: true, handedOver: true },
  avatar: { process: 'component', concurrency: 4, holdsErasure: false, handedOver: false },
  verification: { process: 'worker', concurrency: 16, holdsErasure: false, handedOver: false },
  // As many as there may be subscriptions, so that no sink waits for another.
  sink: { process: 'worker', concurrency: 1_000, holdsErasure: false, handedOver: false },
} as const satisfies Record<string, QueueTraits>;

export type QueueName = keyof typeof QUEUES;

/** The queues whose jobs a process runs. */
export type QueueOf<Process extends OutletProcess> = {
  [Name in QueueName]: (typeof QUEUES)[Name]['process'] extends Process ? Name : never;
}[QueueName];

/** The queues whose jobs BullMQ keeps, and those whose jobs are kept in memory. */
export type RedisQueue = QueueOf<'worker'>;
export type MemoryQueue = Exclude<QueueName, RedisQueue>;

/** In the order of the table. */
export const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[];

/** Whether its jobs are kept in memory, and not by BullMQ. */
export function isInMemory(name: QueueName): name is MemoryQueue {
  return QUEUES[name].process !== 'worker';
}

/** Whether each home has a process of its own for its jobs, where there are several. */
export function isAtHome(name: QueueName): boolean {
  return QUEUES[name].process === 'component';
}

/** Those whose jobs BullMQ keeps. */
export const REDIS_QUEUES = QUEUE_NAMES.filter((name): name is RedisQueue => !isInMemory(name));

/** Whether its jobs are in several parts of a Redis Cluster (decision 305): no other has as many, or jobs of as many commands. */
export function isSpread(name: RedisQueue): boolean {
  return name === 'reconcile';
}

/** The queues whose jobs this process runs. */
export function queuesOf<Process extends OutletProcess>(process: Process): QueueOf<Process>[] {
  return QUEUE_NAMES.filter((name) => QUEUES[name].process === process) as QueueOf<Process>[];
}

/** The queues that hold an erasure, or that a hand-over concerns. */
export function queuesThat(trait: 'holdsErasure' | 'handedOver'): QueueName[] {
  return QUEUE_NAMES.filter((name) => QUEUES[name][trait]);
}

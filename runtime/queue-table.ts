import { OUTLETS, type OutletRow } from '../domain/playing/outlets.ts';

/** Whose queue workers run a queue's jobs. */
type QueueProcess = 'component' | 'worker';

type QueueTraits = {
  process: QueueProcess;
  /**
   * `in-redis`: by BullMQ, for any process of that kind to take. `in-memory`: of the one process that can do them now,
   * which is woken by a message; what nobody heard is still due (decision 136).
   */
  jobs: 'in-redis' | 'in-memory';
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

type OutletQueues = { [Row in OutletRow as Row['queue']]: QueueTraits & Pick<Row, 'process' | 'jobs'> };

/**
 * What was shown has to be taken away from whoever leaves, and shown anew by a component that may
 * do more than before.
 */
const outletQueues = Object.fromEntries(
  OUTLETS.map(({ queue, process, jobs, concurrency }) => [
    queue,
    { process, jobs, concurrency, holdsErasure: true, handedOver: process === 'component' },
  ]),
) as OutletQueues;

/**
 * Every queue. A job says "look at this subscriber again" and nothing else; those of `verification`
 * name a code that is to be sent.
 */
export const QUEUES = {
  ...outletQueues,
  roster: { process: 'component', jobs: 'in-memory', concurrency: 8, holdsErasure: true, handedOver: true },
  reconcile: { process: 'worker', jobs: 'in-redis', concurrency: 16, holdsErasure: true, handedOver: false },
  // The account goes last: whoever erases asks for it when nothing else holds (decision 55).
  account: { process: 'component', jobs: 'in-redis', concurrency: 4, holdsErasure: false, handedOver: false },
  // What an import has ordered keeps nobody waiting who asks for one account. While one may be on its way, nobody deletes it.
  order: { process: 'component', jobs: 'in-redis', concurrency: 4, holdsErasure: true, handedOver: false },
  // Whose books are read find their places themselves.
  source: { process: 'worker', jobs: 'in-redis', concurrency: 100, holdsErasure: false, handedOver: false },
  listen: { process: 'component', jobs: 'in-redis', concurrency: 4, holdsErasure: true, handedOver: true },
  avatar: { process: 'component', jobs: 'in-redis', concurrency: 4, holdsErasure: false, handedOver: false },
  verification: { process: 'worker', jobs: 'in-redis', concurrency: 16, holdsErasure: false, handedOver: false },
} as const satisfies Record<string, QueueTraits>;

export type QueueName = keyof typeof QUEUES;

/** The queues whose jobs a process runs. */
export type QueueOf<Process extends QueueProcess> = {
  [Name in QueueName]: (typeof QUEUES)[Name]['process'] extends Process ? Name : never;
}[QueueName];

/** The queues whose jobs are kept in memory. */
export type MemoryQueue = {
  [Name in QueueName]: (typeof QUEUES)[Name]['jobs'] extends 'in-memory' ? Name : never;
}[QueueName];

/** In the order of the table. */
export const QUEUE_NAMES = Object.keys(QUEUES) as QueueName[];

/** Whether its jobs are kept in memory, and not by BullMQ. */
export function isInMemory(name: QueueName): name is MemoryQueue {
  return QUEUES[name].jobs === 'in-memory';
}

/** The queues whose jobs this process runs. */
export function queuesOf<Process extends QueueProcess>(process: Process): QueueOf<Process>[] {
  return QUEUE_NAMES.filter((name) => QUEUES[name].process === process) as QueueOf<Process>[];
}

/** The queues that hold an erasure, or that a hand-over concerns. */
export function queuesThat(trait: 'holdsErasure' | 'handedOver'): QueueName[] {
  return QUEUE_NAMES.filter((name) => QUEUES[name][trait]);
}

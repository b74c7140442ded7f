import { pino } from 'pino';
import { createMetrics } from '../../runtime/metrics.ts';
import type { Queues } from '../../runtime/queue/queues.ts';
import type { Stores } from '../../store/stores.ts';

/** Queues whose jobs nobody runs. `enqueue`: what happens to those that are asked for; left out, nothing. */
export function toldQueues(enqueue: Queues['enqueue'] = async () => {}): Queues {
  return {
    enqueue,
    waiting: async () => 0,
    dropEvents: async () => {},
    close: async () => {},
  };
}

/** What every job of that process works with; nothing is logged. `now`: milliseconds since the epoch. `enqueue`: as of `toldQueues`. */
export function jobContext(
  role: 'component' | 'worker',
  stores: Stores,
  now: () => number,
  enqueue?: Queues['enqueue'],
) {
  return { stores, queues: toldQueues(enqueue), metrics: createMetrics(role), log: pino({ level: 'silent' }), now };
}

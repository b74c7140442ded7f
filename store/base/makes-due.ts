import { OUTLETS } from '../../domain/playing/outlets.ts';
import type { QueueName } from '../../runtime/queue-table.ts';
import type { Queues } from '../../runtime/queues.ts';
import type { Keys } from './keys.ts';

/**
 * What a write about a subscriber as a whole makes due, in the step that writes. Stores take their
 * due lists from here, and whoever has written wakes the same queues; where nobody does, the sweep
 * does so after three seconds.
 */
const MAKES_DUE = {
  activated: ['reconcile', 'listen'],
  left: ['reconcile', 'listen'],
  renumbered: ['reconcile'],
  /** To another JID, and perhaps other numbers. */
  moved: ['reconcile', 'roster', 'listen', ...OUTLETS.map(({ queue }) => queue)],
} as const satisfies Record<string, readonly QueueName[]>;

export type SubscriberWrite = keyof typeof MAKES_DUE;

/** The due lists that have the subscriber after such a write. */
export function duesOf(keys: Keys, write: SubscriberWrite, id: string): string[] {
  return MAKES_DUE[write].map((queue) => keys.due(queue, id));
}

/** To be called after the write: the jobs that it makes due run now. */
export async function wake({ enqueue }: Pick<Queues, 'enqueue'>, write: SubscriberWrite, id: string): Promise<void> {
  await Promise.all(MAKES_DUE[write].map((queue) => enqueue(queue, [id])));
}

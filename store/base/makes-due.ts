import { OUTLETS } from '../../domain/playing/outlets.ts';
import type { QueueName } from '../../runtime/queue-table.ts';
import type { Queues } from '../../runtime/queues.ts';
import type { Keys } from './keys.ts';

const outlets = OUTLETS.map(({ queue }) => queue);

/**
 * What a write makes due, in the step that writes. Stores take their due lists from here, and
 * whoever has written wakes the same queues; where nobody does, the sweep does so after three
 * seconds. Not here: what plays (the script that writes wakes every outlet), books and their sources,
 * and what only one place writes for the one queue that works on it, such as a code to be sent.
 */
const MAKES_DUE = {
  activated: ['reconcile', 'listen'],
  left: ['reconcile', 'listen'],
  renumbered: ['reconcile'],
  /** To another JID, and perhaps other numbers. */
  moved: ['reconcile', 'roster', 'listen', ...outlets],
  /** Settings, or who is blocked; whichever of the two kinds of queues the change concerns. */
  privacy: ['reconcile', ...outlets],
  /** Pairs are marked, at both ends. */
  paired: ['reconcile'],
  /** The tune is off the screens of friends who part, whose roster items go now. */
  cleared: ['roster'],
  /** Nothing is shown any more at an address that was given up, which may be freed now. */
  leftAddress: ['roster'],
  /** Everything about a subscriber is to be looked at anew. */
  recheck: ['reconcile'],
} as const satisfies Record<string, readonly QueueName[]>;

export type Write = keyof typeof MAKES_DUE;

/** The queues in which such a write makes somebody due. */
export function madeDue(write: Write): readonly QueueName[] {
  return MAKES_DUE[write];
}

/** The due lists that have the subscriber after such a write. */
export function duesOf(keys: Keys, write: Write, id: string): string[] {
  return MAKES_DUE[write].map((queue) => keys.due(queue, id));
}

/** To be called after the write about these: the jobs that it makes due run now. */
export async function wake({ enqueue }: Pick<Queues, 'enqueue'>, write: Write, ids: readonly string[]): Promise<void> {
  await Promise.all(MAKES_DUE[write].map((queue) => enqueue(queue, ids)));
}

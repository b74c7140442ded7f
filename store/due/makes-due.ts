import { OUTLETS } from '../../domain/playing/outlets.ts';
import { isInMemory, type QueueName } from '../../runtime/queue/queue-table.ts';
import type { Queues } from '../../runtime/queue/queues.ts';
import type { Keys } from '../base/keys.ts';

const outlets = OUTLETS.map(({ queue }) => queue);
const byNumber = OUTLETS.flatMap((row) => (row.address === 'phoneNumber' ? [row.queue] : []));

/**
 * What a write makes due, in the step that writes. Stores take their due lists from here, and
 * whoever has written wakes the same queues; where nobody does, the sweep does so after three
 * seconds. `enqueue` itself is called by those only who have written nothing: the sweep, and jobs
 * that ask for themselves, or for each other, again.
 */
const MAKES_DUE = {
  activated: ['listen'],
  /** Somebody who has just become active, where others may hold its numbers. */
  announced: ['reconcile'],
  /** An account may just be made, or wait to be given up, for somebody who leaves: its deletion must not wait as long. */
  left: ['reconcile', 'listen', 'order', 'account'],
  renumbered: ['reconcile'],
  /** The outlets that show somebody at the number, which is another from now on. */
  readdressed: byNumber,
  /** To another JID, and perhaps other numbers. */
  moved: ['reconcile', 'roster', 'listen', ...outlets],
  /** Nothing is left in the account at another home: the present home begins to work. */
  changedHome: ['roster', 'listen', 'account', ...outlets],
  /** Settings, or who is blocked; whichever of the two kinds of queues the change concerns. */
  privacy: ['reconcile', ...outlets],
  /** Something plays, or does no longer. */
  played: outlets,
  /** Others may see what plays, or there is another reason to look at that. */
  audience: outlets,
  /** Pairs are marked, at both ends. */
  paired: ['reconcile'],
  /** Somebody has friends who are new, or are to be shown otherwise. */
  befriended: ['roster'],
  /** The tune is off the screens of friends who part, whose roster items go now. */
  cleared: ['roster'],
  /** Nothing is shown any more at an address that was given up, or heard, which may be freed now. */
  leftAddress: ['roster'],
  /** Everything about a subscriber is to be looked at anew. */
  recheck: ['reconcile'],
  /** A book has other numbers, or can pay for more of them. */
  book: ['reconcile'],
  /** A network address book; what another of that name has brought may be gone. */
  sourceLinked: ['source', 'reconcile'],
  sourceAsked: ['source'],
  avatarAsked: ['avatar'],
  /** Somebody has come online whose own client was to be listened to later. */
  arrived: ['listen'],
  /** An account is to be made, to get another password, or to be deleted. */
  accountAsked: ['account'],
  /** An import wants an account for a subscriber, who is there with it. */
  accountOrdered: ['order'],
  codeMade: ['verification'],
  /** A subscription is new, or has something to tell. */
  sinkAsked: ['sink'],
} as const satisfies Record<string, readonly QueueName[]>;

/** A kind of write, by its name in that table. */
export type Write = keyof typeof MAKES_DUE;

/** Those that make somebody due in one queue. */
type WriteForOne = {
  [Name in Write]: (typeof MAKES_DUE)[Name] extends readonly [QueueName] ? Name : never;
}[Write];

/** The queues in which such a write makes somebody due. */
export function madeDue(write: Write): readonly QueueName[] {
  return MAKES_DUE[write];
}

/** The due lists that have the subscriber after such a write: of outlets, of those that are used. */
export function duesOf(keys: Keys, write: Write, id: string): string[] {
  const used = keys.used();
  const unused = OUTLETS.filter((row) => !used.includes(row)).map(({ queue }): QueueName => queue);
  return MAKES_DUE[write].filter((queue) => !unused.includes(queue)).map((queue) => keys.due(queue, id));
}

/** The queue, of a write that makes due in one. Whoever needs a queue's name has it from here. */
export function queueOf<Name extends WriteForOne>(write: Name): (typeof MAKES_DUE)[Name][0] {
  return MAKES_DUE[write][0];
}

/** The due list that has the subscriber after such a write. */
export function dueOf(keys: Keys, write: WriteForOne, id: string): string {
  return keys.due(queueOf(write), id);
}

/** The same list by its partition. */
export function duePartOf(keys: Keys, write: WriteForOne, partition: number): string {
  return keys.duePart(queueOf(write), partition);
}

type Asks = Pick<Queues, 'enqueue'>;

/** To be called after the write about these: the jobs that it makes due run now, or `delay` milliseconds later. */
export async function wake({ enqueue }: Asks, write: Write, ids: readonly string[], delay?: number): Promise<void> {
  await Promise.all(MAKES_DUE[write].map((queue) => enqueue(queue, ids, delay)));
}

/** The same after a script that wakes by itself those whose jobs are in memory. */
export async function wakeOthers({ enqueue }: Asks, write: Write, ids: readonly string[]): Promise<void> {
  const queues = MAKES_DUE[write].filter((queue) => !isInMemory(queue));
  await Promise.all(queues.map((queue) => enqueue(queue, ids)));
}

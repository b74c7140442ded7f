import { randomUUID } from 'node:crypto';
import type { EventKind } from '../../domain/subscription/event-types.ts';
import type { Queues } from '../../runtime/queue/queues.ts';
import type { Fence } from '../../store/base/fence.ts';
import { newStamp } from '../../store/base/marks.ts';
import { GRACE } from '../../store/due/due.ts';
import { queueOf, wake } from '../../store/due/makes-due.ts';
import type { Stores } from '../../store/stores.ts';
import { isOver, type Subscription, streamName } from '../../store/subscription/subscription-record.ts';

/** Where somebody has stopped to read: of which stream, and its position there. */
export type Bookmark = { stream: string; position: number };

/** What is wanted of a stream. `initial`: everybody is told first; `bookmark`: undefined for who begins, null for one that says nothing. */
export type WantedStream = {
  owner: string;
  kinds: readonly EventKind[];
  initial: boolean;
  bookmark: Bookmark | null | undefined;
};

/** One that has begun. `again`: the subscribers of whom it is to be told anew; `isNew`: nothing of it was sent yet. */
export type BegunStream = { stream: Subscription; fence: Fence; again: readonly string[]; isNew: boolean };

/**
 * Takes the owner's event stream over from whoever has it, where the bookmark is good for that; or begins another in its place, which says first
 * that what was told before counts no more, where there is a bookmark. When it has returned every change is noted for it. Undefined where
 * there are as many subscriptions as may be.
 */
export async function beginStream(
  { stores, queues, now }: { stores: Stores; queues: Queues; now: () => number },
  wanted: WantedStream,
): Promise<BegunStream | undefined> {
  const before = await stores.subscriptions.streamOf(wanted.owner);
  const begun = (before && (await takenUp(stores, before, wanted, now()))) ?? (await another(stores, wanted, now()));
  if (!begun) return undefined;
  const { stream, fence } = begun;
  await stores.watched.begin(stream.id);
  // Whoever looks after it may have found no record of it, before this one was written or after it went: it is looked at once more.
  await stores.due.postpone(queueOf('sinkAsked'), stream.id, now() + GRACE);
  await stores.sinkWork.see(stream.id, fence, now());
  await stores.events.tell(streamName(stream.owner), { what: 'stream' });
  if (before && before.id !== stream.id) await wake({ enqueue: queues.enqueue }, 'sinkAsked', [before.id]);
  return begun;
}

async function takenUp(
  { due, sinkWork }: Stores,
  stream: Subscription,
  { kinds, bookmark }: WantedStream,
  now: number,
): Promise<BegunStream | undefined> {
  if (!bookmark || bookmark.stream !== stream.id || isOver(stream)) return undefined;
  if (JSON.stringify(kinds) !== JSON.stringify(stream.kinds)) return undefined;
  // It may be cleared away in this moment: what is noted from now on is looked at, too.
  await due.postpone(queueOf('sinkAsked'), stream.id, now + GRACE);
  // From now on nobody else sends anything.
  const fence = await sinkWork.takeOver(stream.id);
  const again = await sinkWork.sentAfter(stream.id, bookmark.position);
  return again && { stream, fence, again, isNew: false };
}

async function another(
  { due, sinkWork, subscriptions }: Stores,
  { owner, kinds, initial, bookmark }: WantedStream,
  now: number,
): Promise<BegunStream | undefined> {
  const id = randomUUID();
  const stream: Subscription = {
    ...{ id, owner, kinds, initial, sink: '', secrets: [], createdAt: now },
    ...(bookmark === undefined ? { status: 'ACTIVATION_REQUESTED' } : { status: 'ACTIVE', restored: newStamp() }),
  };
  // Whoever dies after it is made has asked for it to be looked after, and also where it is not made.
  await due.postpone(queueOf('sinkAsked'), id, now + GRACE);
  // Before it is in place of the one before: whoever has that one sees by this that it is replaced.
  const fence = await sinkWork.takeOver(id);
  if ((await subscriptions.openStream(stream)) === 'crowded') return undefined;
  return { stream, fence, again: [], isNew: true };
}

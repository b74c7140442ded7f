import { asksForFriends, type EventKind } from '../../domain/subscription/event-types.ts';
import { cloudEvent, type EventFacts } from '../../service/telling/cloud-event.ts';
import type { Outcome } from '../../service/telling/outcome.ts';
import { newStamp } from '../../store/base/marks.ts';
import type { Stores } from '../../store/stores.ts';
import type { Context } from '../context.ts';
import { frame } from '../live/lines.ts';
import { writeBookmark } from './bookmark.ts';
import { type OpenStream, taken } from './open-stream.ts';

/**
 * Sends an event to whoever is connected: its position is noted before it is written, as nobody says whether it arrives. One event after the other,
 * so that positions only grow; settled when the client has taken it, so that the next one is looked at after that.
 */
export async function sendEvent(context: Context, stream: OpenStream, event: EventFacts): Promise<Outcome> {
  const sending = stream.writing.then(() => write(context, stream, event));
  stream.writing = sending.catch(() => {});
  const outcome = await sending;
  await taken(stream);
  return outcome;
}

async function write({ stores, metrics }: Context, stream: OpenStream, event: EventFacts): Promise<Outcome> {
  const { id, fence, kinds, writer, over } = stream;
  // Of those who are told of side by side another has filled it: whoever has to wait is looked at anew.
  if (over.signal.aborted || writer.isFull()) return 'unreachable';
  const words = { id: event.subject, last: isLost(event, kinds), reached: stream.position };
  const position = await stores.sinkWork.send(id, fence, words);
  if (position === 'lost') await tellAnew(stores, stream);
  if (typeof position !== 'number' || over.signal.aborted) return 'unreachable';
  stream.position = position;
  writer.write(frame(`id: ${writeBookmark({ stream: id, position })}\ndata: ${cloudEvent(id, event)}\n\n`));
  metrics.sinkEvents.inc({ outcome: 'streamed' });
  return 'taken';
}

/** Redis has come back without what it was told last, of which nobody knows what it was: all is told anew, from the start. */
export async function tellAnew(
  { subscriptions, sinkWork }: Stores,
  { id, fence, position }: OpenStream,
): Promise<void> {
  // In this order: as long as positions are behind it is seen again.
  await subscriptions.change(id, (one) => ({ ...one, restored: newStamp() }));
  await sinkWork.reach(id, fence, position);
}

/**
 * Whether somebody who has not got it cannot be told of that subscriber anew: of friends who have parted nobody tells who is told of friends
 * alone, without the event with which the subscriber begins anew.
 */
function isLost({ subject }: EventFacts, kinds: readonly EventKind[]): boolean {
  return subject === undefined || (asksForFriends(kinds) && !kinds.includes('subscriber-added'));
}

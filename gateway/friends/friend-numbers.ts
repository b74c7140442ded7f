import { type Grant, mayActFor } from '../../domain/access/grant.ts';
import type { FriendView } from '../../service/friendship/friend-views.ts';
import type { ServerEvent } from './friend-stream.ts';

type Ranges = Pick<Grant, 'ranges'>;

/** A friend without a number that is outside the ranges: to a carrier another carrier's number is never told (decision 105). */
export function hideNumber(grant: Ranges, view: FriendView): FriendView {
  const { phoneNumber } = view;
  return phoneNumber === null || mayActFor(grant, phoneNumber) ? view : { ...view, phoneNumber: null };
}

/** The events of a friend stream, likewise. */
export async function* hideNumbers(
  grant: Ranges,
  events: AsyncIterable<ServerEvent | undefined>,
): AsyncGenerator<ServerEvent | undefined> {
  for await (const event of events) yield event && hideIn(grant, event);
}

function hideIn(grant: Ranges, event: ServerEvent): ServerEvent {
  if (event.event === 'friend-added') return { ...event, data: hideNumber(grant, event.data as FriendView) };
  if (event.event !== 'friends') return event;
  const { friends } = event.data as { friends: FriendView[] };
  return { ...event, data: { friends: friends.map((view) => hideNumber(grant, view)) } };
}

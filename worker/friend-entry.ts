import type { Friend } from '../store/friendship/friends.ts';
import type { Label } from '../store/image/book-entry.ts';
import type { Subscriber } from '../store/subscriber/subscriber-record.ts';

/** A number of a friend by which a book holds it, and how the book names it. */
export type Held = { numberKey: string; label: Label };

/** The first of somebody's numbers, the primary before the others, that a book holds; `labels`: for each number the book's. */
export function firstHeld(numberKeys: readonly string[], labels: readonly (Label | undefined)[]): Held | undefined {
  const first = labels.findIndex((label) => label !== undefined);
  return first < 0 ? undefined : { numberKey: numberKeys[first] as string, label: labels[first] as Label };
}

/** The name is the one in the owner's books; a friend whom they do not hold or name goes by its display name. */
export function toFriend({ id, jid, displayName }: Subscriber, held: Held | undefined): Friend {
  if (!held) return { id, jid, name: displayName, groups: [] };
  return { id, jid, name: held.label.name || displayName, groups: held.label.groups, held: held.numberKey };
}

/**
 * Sets `since`. A friend who stays in the same groups keeps the date that it had; one who is new or
 * comes into other groups gets the present time, as the audience may include it only now.
 */
export function dateFriend(friend: Friend, before: Friend | undefined, now: number): void {
  const goesOn = JSON.stringify(before?.groups) === JSON.stringify(friend.groups);
  friend.since = (goesOn ? before?.since : undefined) ?? now;
}

import type { Redis } from '../../runtime/redis.ts';
import { markEachItem } from '../base/all-items.ts';
import { askForAccess } from '../base/asked-access.ts';
import { GRACE } from '../base/due.ts';
import { scanned, scanTexts } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { dueOf } from '../base/makes-due.ts';
import { clearSeen, type Marks, newStamp } from '../base/marks.ts';
import { askSubscribers } from '../base/partitions.ts';
import { askSlices } from '../base/slices.ts';
import { type Sharing, welcome } from './sharing.ts';

/**
 * A friend of a subscriber as the subscriber's roster shall show it. `held`: the friend's number
 * key by which the subscriber's own book holds the friend, if it does. `since`: when it became a
 * friend, or came into these groups, in milliseconds since the epoch; undefined for one from before
 * this was noted.
 */
export type Friend = { id: string; jid: string; name: string; groups: string[]; held?: string; since?: number };

/** A roster item to look at: its JID and the id of the subscriber behind it, or `NOBODY`. */
export type DirtyItem = { jid: string; id: string };

/** No subscriber's id: behind an item that Earshot made, and nobody knows any more for whom. */
export const NOBODY = '';

/**
 * What one reconcile job changes. `dirty`: the JIDs whose roster items may differ now. `bar`,
 * `unbar`: those between whom and the subscriber a block stands now, or no longer does: ids, for
 * `bar` with JIDs.
 */
export type FriendChanges = {
  set: readonly Friend[];
  unset: readonly string[];
  dirty: readonly DirtyItem[];
  bar: readonly [id: string, jid: string][];
  unbar: readonly string[];
};

export type Friends = ReturnType<typeof createFriends>;

/**
 * The wanted roster: hash `friends` (friend's id → friend), and hash `dirty-items` (JID → friend's id and stamp): the
 * items that the component has to look at. The subscriber's own reconciliation job writes them, and those of
 * others write new friends while it decides nothing about them (see `createOtherEnds`).
 */
export function createFriends(redis: Redis, sharing: Sharing, keys: Keys) {
  async function list(id: string): Promise<Friend[]> {
    const friends = new Map<string, Friend>();
    for await (const [other, json] of scanTexts(redis, keys.friends(id))) friends.set(other, toFriend(json));
    return [...friends.values()];
  }

  return {
    list,

    async some(id: string, others: readonly string[]): Promise<(Friend | undefined)[]> {
      const found = await askSlices(others, (some) => redis.hmGet(keys.friends(id), some));
      return found.map((json) => (json ? toFriend(json) : undefined));
    },

    /** The ids of the friends whom the book held by one of these numbers when the pair was last decided. */
    async heldBy(id: string, numberKeys: readonly string[]): Promise<string[]> {
      if (numberKeys.length === 0) return [];
      const numbers = new Set(numberKeys);
      return (await list(id)).flatMap((friend) => (friend.held && numbers.has(friend.held) ? [friend.id] : []));
    },

    /** For each of the others: its own entry for `id`; undefined when it has none. */
    async ofEach(others: readonly string[], id: string): Promise<(Friend | undefined)[]> {
      const found = await askSubscribers(redis, others, (batch, other) => batch.hGet(keys.friends(other), id));
      return found.map((json) => (json ? toFriend(json as string) : undefined));
    },

    /**
     * Writes what changed, marks the items it concerns, and has whoever no longer is a friend let go of. True when the tune job has to look at
     * who sees the tune.
     */
    async write(id: string, changes: FriendChanges, now: number): Promise<boolean> {
      const { set, unset, dirty, bar, unbar } = changes;
      const closing = unset.length + bar.length + unbar.length > 0;
      const batch = redis.multi();
      const present = set.map((friend) => friend.id);
      welcome(batch, keys, id, present, now);
      sharing.write(batch, id, { parted: unset, bar, unbar });
      if (closing) askForAccess(batch, keys, id, now);
      if (dirty.length > 0) batch.zAdd(dueOf(keys, 'befriended', id), { value: id, score: now + GRACE });
      if (set.length > 0)
        batch.hSet(keys.friends(id), set.flatMap((friend) => [friend.id, JSON.stringify(friend)]) as never);
      if (unset.length > 0) batch.hDel(keys.friends(id), [...unset]);
      const stamp = newStamp();
      if (dirty.length > 0)
        batch.hSet(keys.dirtyItems(id), dirty.flatMap((item) => [item.jid, `${item.id} ${stamp}`]) as never);
      const [welcomed] = (await batch.exec()) as unknown[];
      return closing || welcomed === 1;
    },

    async dirtyItems(id: string): Promise<{ items: DirtyItem[]; marks: Marks }> {
      for (;;) {
        const marks = await scanned(redis, keys.dirtyItems(id));
        if (!(await markEachItem(redis, keys, id, marks))) return { items: toDirtyItems(marks), marks };
      }
    },

    async clearDirtyItems(id: string, seen: Marks): Promise<void> {
      await clearSeen(redis, keys.dirtyItems(id), seen);
    },
  };
}

/** The items of these marks. */
export function toDirtyItems(marks: Marks): DirtyItem[] {
  return Object.entries(marks).map(([jid, mark]) => ({ jid, id: mark.split(' ')[0] ?? NOBODY }));
}

/** From a field of the hash `friends`. */
export function toFriend(json: string): Friend {
  return JSON.parse(json) as Friend;
}

import type { Redis } from '../../runtime/redis/redis.ts';
import { tellIn } from '../base/events.ts';
import { scanned, scannedFields, scanTexts } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { clearSeen, type Marks, newStamp } from '../base/marks.ts';
import { askSubscribers } from '../base/partitions.ts';
import { readRecord } from '../base/record.ts';
import { defineScript } from '../base/script.ts';
import { askSlices, slicesOf } from '../base/slices.ts';
import { markEachItem } from '../due/all-items.ts';
import { ASK_FOR_ACCESS, askForAccess } from '../due/asked-access.ts';
import { GRACE } from '../due/due.ts';
import { dueOf, duesOf } from '../due/makes-due.ts';
import { NOTE_ONE, watchedKeys } from '../due/watched.ts';
import { isNamed } from './privacy.ts';
import { partingMark, type Sharing, welcome } from './sharing.ts';

/**
 * A friend of a subscriber as the subscriber's roster shall show it. `held`: the friend's number
 * key by which the subscriber's own book holds the friend, if it does. `since`: when it became a
 * friend, or came into these groups, in milliseconds since the epoch; undefined for one from before
 * this was noted.
 */
export type Friend = { id: string; jid: string; name: string; groups: string[]; held?: string; since?: number };

/** Marks the item of `id` at a subscriber `other`, where `id` still is its friend: in one step, as whoever leaves must leave no mark behind. */
const LOOK_AGAIN = defineScript({
  keys: ['friends', 'dirtyItems', 'due'],
  args: ['id', 'other', 'jid', 'mark', 'dueAt'],
  lua: `
if redis.call('HEXISTS', friends, id) == 0 then return end
redis.call('HSET', dirtyItems, jid, mark)
redis.call('ZADD', due, dueAt, other)`,
});

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
 * Marks these items, and makes the subscriber due. Where the subscriber behind an item is no friend,
 * the parting is begun again. In one step, or somebody could part who has just become a friend.
 * `jids`, `others`: the items, and the ids of the subscribers behind them.
 */
const DOUBT = defineScript({
  uses: [ASK_FOR_ACCESS],
  keys: ['friends', 'partings', 'dirtyItems', 'rosterDue'],
  keyList: 'outletDues',
  args: ['id', 'dueAt', 'stamp', 'parting'],
  lists: ['jids', 'others'],
  lua: `
for i, jid in ipairs(jids) do
  redis.call('HSET', dirtyItems, jid, others[i] .. ' ' .. stamp)
  local parts = others[i] ~= '' and redis.call('HEXISTS', friends, others[i]) == 0
  if parts then redis.call('HSET', partings, others[i], parting) end
end
redis.call('ZADD', rosterDue, dueAt, id)
askForAccess(stamp)
for _, due in ipairs(outletDues) do redis.call('ZADD', due, dueAt, id) end`,
});

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

  /** For each of the others: its own entry for `id`; undefined when it has none. */
  async function ofEach(others: readonly string[], id: string): Promise<(Friend | undefined)[]> {
    const found = await askSubscribers(redis, others, (batch, other) => batch.hGet(keys.friends(other), id));
    return found.map((json) => (json ? toFriend(json as string) : undefined));
  }

  return {
    list,

    async ids(id: string): Promise<string[]> {
      return scannedFields(redis, keys.friends(id));
    },

    async some(id: string, others: readonly string[]): Promise<(Friend | undefined)[]> {
      const found = await askSlices(others, (some) => redis.hmGet(keys.friends(id), some));
      return found.map((json) => (json ? toFriend(json) : undefined));
    },

    /** The ids of the friends whom the book held by one of these numbers when the pair was last decided. */
    async heldBy(id: string, numberKeys: readonly string[]): Promise<string[]> {
      if (numberKeys.length === 0) return [];
      const friends = (await list(id)).filter(({ held }) => held !== undefined);
      // Of the two the friends are few.
      const held = new Set(friends.map((friend) => friend.held));
      const found = new Set(numberKeys.filter((numberKey) => held.has(numberKey)));
      return friends.flatMap((friend) => (friend.held && found.has(friend.held) ? [friend.id] : []));
    },

    ofEach,

    /** As `ofEach`; undefined as well for whoever has blocked `id`, or no longer does, while the pair has still to be decided. */
    async ofEachDecided(others: readonly string[], id: string): Promise<(Friend | undefined)[]> {
      // First: the mark of a block goes only after the friend.
      const undecided = await askSubscribers(redis, others, (batch, other) => batch.hKeys(keys.dirtyBlocked(other)));
      const found = await ofEach(others, id);
      return found.map((friend, i) =>
        friend && !isNamed(new Set(undecided[i] as string[]), friend) ? friend : undefined,
      );
    },

    /**
     * Writes what changed, marks the items it concerns, has whoever no longer is a friend let go of, and tells pages of it, of the tune as
     * well: who sees it may be others now. True when the tune job has to look at who sees the tune.
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
      const changed = [...present, ...unset];
      if (changed.length > 0) {
        const withdraws = unset.length > 0 ? 1 : 0;
        NOTE_ONE.add(batch, watchedKeys(keys, id), { id, dueAt: now + GRACE, withdraws });
      }
      if (closing || changed.length > 0)
        tellIn(batch, keys, id, [
          ...changed.map((other) => ({ what: 'friends' as const, id: other })),
          { what: 'now-playing' },
        ]);
      const [welcomed] = (await batch.exec()) as unknown[];
      return closing || welcomed === 1;
    },

    /** These items may stand otherwise in the roster than was noted. */
    async doubt(id: string, items: readonly DirtyItem[], now: number): Promise<void> {
      const places = {
        friends: keys.friends(id),
        partings: keys.partings(id),
        dirtyItems: keys.dirtyItems(id),
        playing: keys.playing(id),
        rosterDue: dueOf(keys, 'befriended', id),
        outletDues: duesOf(keys, 'audience', id),
      };
      for (const some of slicesOf(items)) {
        const [jids, others] = [some.map((item) => item.jid), some.map((item) => item.id)];
        await DOUBT.run(redis, places, {
          ...{ id, dueAt: now, stamp: newStamp(), parting: partingMark(), jids, others },
        });
      }
    },

    async dirtyItems(id: string): Promise<{ items: DirtyItem[]; marks: Marks }> {
      for (;;) {
        const marks = await scanned(redis, keys.dirtyItems(id));
        if (!(await markEachItem(redis, keys, id, marks))) return { items: toDirtyItems(marks), marks };
      }
    },

    /** Has the roster jobs of these others look at their item for this account. */
    async lookAgain(others: readonly string[], { id, jid }: { id: string; jid: string }, now: number): Promise<void> {
      const words = { id, jid, mark: `${id} ${newStamp()}`, dueAt: now + GRACE };
      await Promise.all(
        others.map((other) => {
          const places = { friends: keys.friends(other), dirtyItems: keys.dirtyItems(other) };
          return LOOK_AGAIN.run(redis, { ...places, due: dueOf(keys, 'befriended', other) }, { ...words, other });
        }),
      );
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
  return readRecord<Friend>(json, 'a friend');
}

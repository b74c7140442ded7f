import { asksForFriends, type EventKind } from '../../domain/subscription/event-types.ts';
import { type FriendChanges, friendChanges } from '../../domain/subscription/friend-changes.ts';
import { type Doubt, friendOf, type NextFriends, type Step } from '../../domain/subscription/known.ts';
import { slicesOf } from '../../store/base/slices.ts';
import type { Undecided } from '../../store/friendship/shown-friends.ts';
import type { Stores } from '../../store/stores.ts';
import type { Noted } from '../../store/subscription/sink-work.ts';

/** What is silent is noted and not told: nobody has asked for it. */
export type FriendsNow = { next: NextFriends; silent: FriendChanges };

/**
 * Of which friends of a subscriber a sink has still to be told: who they are and of whom it was told is read once, and each looked
 * at again before it is its turn, so that one with many friends costs for each event what one with few does. Whom it has blocked is none from the moment
 * in which that is stored: a tune of after it goes behind the event that says so.
 */
export function createFriendLine(stores: Stores, subscription: string, kinds: readonly EventKind[], id: string) {
  /** What is left, the next one last. `whole`: whether there may be any; `undecided`: who was blocked, or no longer is, and was not decided yet. */
  let left: (FriendChanges & { whole: boolean; undecided: Undecided }) | undefined;

  async function read(whole: boolean, undecided: Undecided, doubt: Doubt | undefined): Promise<FriendsNow> {
    const [was, is] = await Promise.all([
      stores.sinkWork.friendsTold(subscription, id),
      whole ? stores.shownFriends.ids(id, undecided) : [],
    ]);
    const { gone, come } = friendChanges(was, is, doubt);
    const tells = (kind: EventKind) => kinds.includes(kind);
    left = {
      ...{ whole, undecided },
      gone: tells('friend-removed') ? gone.reverse() : [],
      come: tells('friend-added') ? come.reverse() : [],
    };
    const silent = { gone: tells('friend-removed') ? [] : gone, come: tells('friend-added') ? [] : come };
    return { next: nextOf(left), silent };
  }

  /** Whether these are still to be told so. */
  async function stands({ gone, come }: NextFriends, undecided: Undecided): Promise<boolean> {
    const some = [gone, come].filter((friend) => friend !== undefined);
    if (some.length === 0) return true;
    const found = await stores.shownFriends.ownAmong(id, some, undecided);
    const isFriend = (friend: string) => found[some.indexOf(friend)] !== undefined;
    return !(gone !== undefined && isFriend(gone)) && !(come !== undefined && !isFriend(come));
  }

  return {
    /** `whole`: whether the sink may be told of them; of all who are none any more it is told in any case. */
    async look(whole: boolean, doubt: Doubt | undefined): Promise<FriendsNow> {
      if (!asksForFriends(kinds)) return { next: {}, silent: { gone: [], come: [] } };
      // Read after the tune: one of after a block comes with its mark.
      const undecided = whole ? await stores.shownFriends.undecided(id) : new Set<string>();
      if (left?.whole !== whole || !isSame(left.undecided, undecided)) return read(whole, undecided, doubt);
      const next = nextOf(left);
      if (whole && !(await stands(next, undecided))) return read(whole, undecided, doubt);
      return { next, silent: { gone: [], come: [] } };
    },

    /** The sink has taken that event; after that of the subscriber it is taken to know no friend. */
    told({ side, value }: Step): void {
      if (side === 'there') left = undefined;
      else if (friendOf({ side }) !== undefined) (value === '' ? left?.gone : left?.come)?.pop();
    },

    beginAnew(): void {
      left = undefined;
    },
  };
}

export function areAny({ gone, come }: FriendChanges): boolean {
  return gone.length + come.length > 0;
}

/** How these are noted: never nothing. */
export function inSlices({ gone, come }: FriendChanges): Noted[] {
  const slices: Noted[] = [
    ...slicesOf(gone).map((some) => ({ gone: some })),
    ...slicesOf(come).map((some) => ({ come: some })),
  ];
  return slices.length > 0 ? slices : [{}];
}

/** How an event of a friend is noted. */
export function friendNoted({ side, value }: Pick<Step, 'side' | 'value'>): Noted {
  const friend = friendOf({ side });
  if (friend === undefined) return {};
  return value === '' ? { gone: [friend] } : { come: [friend] };
}

function isSame(one: Undecided, other: Undecided): boolean {
  return one.size === other.size && [...one].every((field) => other.has(field));
}

function nextOf({ gone, come }: FriendChanges): NextFriends {
  return { gone: gone.at(-1), come: come.at(-1) };
}

import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import type { Friend, Friends } from './friends.ts';
import { isNamed } from './privacy.ts';

/** Fields of `dirty-blocked`: whom somebody has blocked, or no longer blocks, and the pair has still to be decided. Most have none. */
export type Undecided = ReadonlySet<string>;

export type ShownFriends = ReturnType<typeof createShownFriends>;

/**
 * Whom a subscriber is told of as a friend. The wanted roster follows a block when the pair is
 * decided; what is shown follows it in the moment in which it is stored, whoever of the two has
 * blocked the other (decision 314).
 */
export function createShownFriends(redis: Redis, keys: Keys, friends: Friends) {
  /** What the own marks name, which are read before the friends: a mark goes only after the friend has. */
  async function undecided(id: string): Promise<Undecided> {
    return new Set(await redis.hKeys(keys.dirtyBlocked(id)));
  }

  async function own(id: string, marked?: Undecided): Promise<Friend[]> {
    const named = marked ?? (await undecided(id));
    return (await friends.list(id)).filter((friend) => !isNamed(named, friend));
  }

  async function ownAmong(id: string, others: readonly string[], marked?: Undecided): Promise<(Friend | undefined)[]> {
    const named = marked ?? (await undecided(id));
    const found = await friends.some(id, others);
    return found.map((friend) => (friend && !isNamed(named, friend) ? friend : undefined));
  }

  return {
    undecided,

    /** The ids of `own`. */
    async ids(id: string, marked: Undecided): Promise<string[]> {
      return marked.size === 0 ? friends.ids(id) : (await own(id, marked)).map((friend) => friend.id);
    },

    /**
     * Without those whom `id` has blocked, or no longer blocks, while the pair has still to be decided. Whether each
     * has `id` as a friend has still to be asked (`ofEachDecided`, or `isFriend` of a sight). `marked`: for who has just read the marks.
     */
    own,

    /** The same, for each of these others; undefined where it is none. */
    ownAmong,

    /** Those of `own` who have `id` as a friend as well, as is decided, and have not blocked it. */
    async list(id: string): Promise<Friend[]> {
      const all = await own(id);
      const ids = all.map((friend) => friend.id);
      const theirs = await friends.ofEachDecided(ids, id);
      return all.filter((_, i) => theirs[i]);
    },

    /** The same, for each of these others; undefined where it is none. */
    async among(id: string, others: readonly string[]): Promise<(Friend | undefined)[]> {
      const [all, theirs] = await Promise.all([ownAmong(id, others), friends.ofEachDecided(others, id)]);
      return all.map((friend, i) => (theirs[i] ? friend : undefined));
    },
  };
}

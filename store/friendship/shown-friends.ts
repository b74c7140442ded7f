import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import type { Friend, Friends } from './friends.ts';
import { isNamed } from './privacy.ts';

export type ShownFriends = ReturnType<typeof createShownFriends>;

/**
 * Whom a subscriber is told of as a friend. The wanted roster follows a block when the pair is
 * decided; what is shown follows it in the moment in which it is stored, whoever of the two has
 * blocked the other (decision 314).
 */
export function createShownFriends(redis: Redis, keys: Keys, friends: Friends) {
  /** By own marks, which are read before the friends: a mark goes only after the friend has. */
  async function own(id: string): Promise<Friend[]> {
    const undecided = new Set(await redis.hKeys(keys.dirtyBlocked(id)));
    return (await friends.list(id)).filter((friend) => !isNamed(undecided, friend));
  }

  async function ownAmong(id: string, others: readonly string[]): Promise<(Friend | undefined)[]> {
    const undecided = new Set(await redis.hKeys(keys.dirtyBlocked(id)));
    const found = await friends.some(id, others);
    return found.map((friend) => (friend && !isNamed(undecided, friend) ? friend : undefined));
  }

  return {
    /** What the own marks name, in one text: of whom it is not decided. Most have none. */
    async undecided(id: string): Promise<string> {
      return (await redis.hKeys(keys.dirtyBlocked(id))).sort().join();
    },

    /** The ids of `own`. `undecided`: those marks, as they were read just before. */
    async ids(id: string, undecided: string): Promise<string[]> {
      return undecided === '' ? friends.ids(id) : (await own(id)).map((friend) => friend.id);
    },

    /**
     * Without those whom `id` has blocked, or no longer blocks, while the pair has still to be decided. Whether each
     * has `id` as a friend has still to be asked (`ofEachDecided`, or `isFriend` of a sight).
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

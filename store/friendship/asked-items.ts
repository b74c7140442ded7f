import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { SEEN_MARK } from '../base/marks.ts';
import { askSubscribers } from '../base/partitions.ts';
import { defineScript } from '../base/script.ts';
import type { DirtyItem } from './friends.ts';

/** The word behind the stamp of an item's mark. */
const ASKED = ' asked';

/** Keeps the stamp: it is about the same change. */
const NOTE_ASKED = defineScript({
  uses: [SEEN_MARK],
  keys: ['dirtyItems'],
  args: ['jid', 'seen', 'next'],
  lua: `
if seenMark(dirtyItems, jid, seen) then redis.call('HSET', dirtyItems, jid, next) end`,
});

/** `waits`: it has still to look; `refuses`: it has said no, or has no such friend. */
export type Answer = 'waits' | 'refuses' | 'looked';

/**
 * Marks of items (`dirty-items`) whose other end was asked to look at its own item first. That end has
 * looked when its mark is gone, as a mark goes after the work.
 */
export function createAskedItems(redis: Redis, keys: Keys) {
  return {
    /** To be called when the other end has its mark. Nothing is noted where the mark of `id` is another by now. */
    async note(id: string, jid: string, seen: string): Promise<void> {
      await NOTE_ASKED.run(redis, { dirtyItems: keys.dirtyItems(id) }, { jid, seen, next: seen + ASKED });
    },

    /** How the other end stands about its item for this account. `asks`: it has asked this end, and waits. */
    async answer(other: DirtyItem, account: { id: string; jid: string }): Promise<{ answer: Answer; asks: boolean }> {
      const [friend, mark, no] = (await askSubscribers(redis, [other.id, other.id, other.id], (batch, id, i) => {
        if (i === 0) batch.hExists(keys.friends(id), account.id);
        else if (i === 1) batch.hGet(keys.dirtyItems(id), account.jid);
        else batch.hGet(keys.declined(id), account.id);
      })) as [number, string | null, string | null];
      const refuses = friend !== 1 || Boolean(no);
      return { answer: refuses ? 'refuses' : mark ? 'waits' : 'looked', asks: isAskedMark(mark ?? undefined) };
    },
  };
}

/** Whether the other end of that item was asked. */
export function isAskedMark(mark: string | undefined): boolean {
  return mark?.endsWith(ASKED) === true;
}

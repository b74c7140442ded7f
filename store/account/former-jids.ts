import type { Redis } from '../../runtime/redis.ts';
import { release } from '../base/claims.ts';
import type { Interned } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { jidPlace } from '../subscriber/places.ts';

/** What is left to do about a JID that was the subscriber's: undo what Earshot did in that account, then free the JID. */
export type FormerJid = { jid: string; state: 'undo' | 'free' };

/**
 * JIDs that a subscriber has given up (hash `former`: JID → state). Each stays claimed until the roster job is done with the
 * account, so that whoever gets it next finds nothing of the one before.
 */
export function createFormerJids(redis: Redis, interned: Interned, keys: Keys) {
  return {
    async list(id: string): Promise<FormerJid[]> {
      return toFormerJids(await redis.hGetAll(keys.former(id)));
    },

    /**
     * Everything in that account is undone, and the JID is only to be freed. Noted first, because a
     * JID that is free may be another subscriber's at once.
     */
    async undone(id: string, jid: string): Promise<void> {
      await redis.hSet(keys.former(id), jid, 'free');
      await redis.hDel(keys.presence, jid);
    },

    async free(id: string, jid: string): Promise<void> {
      const index = await interned.indexOf(id);
      if (index !== undefined) await release(redis, jidPlace(keys, jid), index);
      await redis.hDel(keys.former(id), jid);
    },
  };
}

/** From the fields of the hash `former`. */
export function toFormerJids(fields: Record<string, string>): FormerJid[] {
  return Object.entries(fields).map(([jid, state]) => ({ jid, state: state as FormerJid['state'] }));
}

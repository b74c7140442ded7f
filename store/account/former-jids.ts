import { OUTLETS } from '../../domain/playing/outlets.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { release } from '../base/claims.ts';
import type { Interned } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { asYes, defineScript } from '../base/script.ts';
import { ALL_ITEMS } from '../due/all-items.ts';
import { ASK_FOR_ACCESS } from '../due/asked-access.ts';
import { duesOf } from '../due/makes-due.ts';
import { jidPlace } from '../subscriber/places.ts';

/** What is left to do about a JID that was the subscriber's: undo what Earshot did in that account, then free the JID. */
export type FormerJid = { jid: string; state: 'undo' | 'free' };

/**
 * Forgets a former JID. Where it was the last one to be left at another home, the home of the present
 * JID begins to work in the same step, and 1 is answered. All that the move has marked is marked
 * again then, as the component of the home that was left may have taken marks away; and what outlets
 * were told that show somebody in the account is dropped, as it was about the former account. `places`: first the `told` keys of what
 * outlets were told, then the due lists.
 */
const FORGET = defineScript({
  uses: [ASK_FOR_ACCESS],
  keys: ['record', 'former', 'dirtyItems'],
  keyList: 'places',
  args: ['id', 'jid', 'mark', 'now', 'told'],
  reply: asYes,
  lua: `
redis.call('HDEL', former, jid)
if redis.call('EXISTS', former) == 1 or redis.call('HDEL', record, 'leavesHome') == 0 then return 0 end
redis.call('HSET', dirtyItems, '${ALL_ITEMS}', mark)
askForAccess(mark)
for i, place in ipairs(places) do
  if i <= tonumber(told) then redis.call('DEL', place) else redis.call('ZADD', place, now, id) end
end
return 1`,
});

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

    /** Frees a former JID; true where the component of another home works for the subscriber from now on. */
    async free(id: string, jid: string, now: number): Promise<boolean> {
      const index = await interned.indexOf(id);
      if (index !== undefined) await release(redis, jidPlace(keys, jid), index);
      const inAccounts = OUTLETS.filter(({ address }) => address === 'jid');
      const told = inAccounts.flatMap(({ name }) => [keys.told(id, name), keys.access(id, name)]);
      const all = {
        record: keys.subscriber(id),
        former: keys.former(id),
        dirtyItems: keys.dirtyItems(id),
        playing: keys.playing(id),
        places: [...told, ...duesOf(keys, 'changedHome', id)],
      };
      return FORGET.run(redis, all, { id, jid, mark: newStamp(), now, told: told.length });
    },
  };
}

/** From the fields of the hash `former`. */
export function toFormerJids(fields: Record<string, string>): FormerJid[] {
  return Object.entries(fields).map(([jid, state]) => ({ jid, state: state as FormerJid['state'] }));
}

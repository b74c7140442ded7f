import type { Redis } from '../../runtime/redis/redis.ts';
import { NOW_PLAYING, TELL } from '../base/events.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { asYes, defineScript } from '../base/script.ts';
import { ASK_FOR_ACCESS } from '../due/asked-access.ts';
import { GRACE } from '../due/due.ts';
import { duesOf } from '../due/makes-due.ts';
import { NOTE_WATCHED, watchedKeys } from '../due/watched.ts';

/**
 * Notes that a subscriber's line is suspended, or no longer, and what follows for who sees the tune, in one step; 0 where that is
 * nothing new, or there is no such subscriber.
 */
const SUSPEND = defineScript({
  uses: [ASK_FOR_ACCESS, TELL, NOTE_WATCHED],
  keys: ['record', 'privacy'],
  keyList: 'outletDues',
  args: ['id', 'dueAt', 'stamp', 'suspended'],
  reply: asYes,
  lua: `
if redis.call('HGET', record, 'state') ~= 'active' then return 0 end
if (redis.call('HGET', privacy, 'suspended') or '') == suspended then return 0 end
if suspended == '' then redis.call('HDEL', privacy, 'suspended')
else redis.call('HSET', privacy, 'suspended', suspended) end
askForAccess(stamp)
for _, due in ipairs(outletDues) do redis.call('ZADD', due, dueAt, id) end
noteWatched(id, dueAt)
tell('${NOW_PLAYING}')
return 1`,
});

/**
 * Whose lines are suspended: the field `suspended` of the hash `privacy`, beside the subscriber's own settings, which it does not
 * change. While it is there nothing is shown to anybody (see `shares`).
 */
export function createSuspensions(redis: Redis, keys: Keys) {
  return {
    /** False where it is so already, or there is no such subscriber. */
    async set(id: string, suspended: boolean, now: number): Promise<boolean> {
      const places = {
        record: keys.subscriber(id),
        privacy: keys.privacy(id),
        playing: keys.playing(id),
        ...watchedKeys(keys, id),
        outletDues: duesOf(keys, 'audience', id),
      };
      const words = {
        id,
        dueAt: now + GRACE,
        stamp: newStamp(),
        events: keys.events(id),
        suspended: suspended ? '1' : '',
      };
      return SUSPEND.run(redis, places, words);
    },
  };
}

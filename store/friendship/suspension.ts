import type { Redis } from '../../runtime/redis/redis.ts';
import { NOW_PLAYING, TELL } from '../base/events.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { asYes, defineScript } from '../base/script.ts';
import { GRACE } from '../due/due.ts';
import { duesOf } from '../due/makes-due.ts';
import { NOTE_WATCHED, watchedKeys } from '../due/watched.ts';
import { SUSPENDED_BY } from '../subscriber/suspended-by.ts';

/**
 * Notes that one of a subscriber's lines is suspended, or no longer, and what follows for who sees the tune, in one step; 0 where nothing
 * does, or there is no such subscriber.
 */
const SUSPEND = defineScript({
  uses: [SUSPENDED_BY, TELL, NOTE_WATCHED],
  keys: ['record', 'privacy'],
  keyList: 'outletDues',
  args: ['id', 'dueAt', 'stamp', 'phoneNumber', 'suspended'],
  reply: asYes,
  lua: `
if redis.call('HGET', record, 'state') ~= 'active' then return 0 end
local numbers = {}
for _, number in ipairs(suspendedBy()) do
  if number ~= phoneNumber then numbers[#numbers + 1] = number end
end
if suspended == '1' then numbers[#numbers + 1] = phoneNumber end
if not suspendBy(numbers, stamp) then return 0 end
for _, due in ipairs(outletDues) do redis.call('ZADD', due, dueAt, id) end
noteWatched(id, dueAt, suspended == '1')
tell('${NOW_PLAYING}')
return 1`,
});

/**
 * Whose lines are suspended: the field `suspended` of the hash `privacy`, beside the subscriber's own settings, which it does not
 * change: the numbers of these lines. While there is one nothing is shown to anybody (see `shares`); with a number that the subscriber
 * parts from its suspension goes (`COMMIT` in `identity-scripts`).
 */
export function createSuspensions(redis: Redis, keys: Keys) {
  return {
    /** `phoneNumber`: as the record has it. False where nothing follows, or there is no such subscriber. */
    async set(id: string, phoneNumber: string, suspended: boolean, now: number): Promise<boolean> {
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
        phoneNumber,
        suspended: suspended ? '1' : '',
      };
      return SUSPEND.run(redis, places, words);
    },
  };
}

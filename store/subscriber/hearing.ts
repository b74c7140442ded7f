import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { defineScript } from '../base/script.ts';

/**
 * Notes the time, only in a record that is there: one that was forgotten must not come back with
 * nothing in it but this time.
 */
const HEAR = defineScript({
  keys: ['record'],
  args: ['now'],
  lua: "if redis.call('EXISTS', record) == 1 then redis.call('HSET', record, 'heardAt', now) end",
});

/**
 * When the subscriber itself was heard of: field `heardAt` of its record (milliseconds since the epoch), written when it is added, when a token of
 * its is used (to the hour, `store/login/tokens.ts`), and when its XMPP account comes or goes.
 */
export function createHearing(redis: Redis, keys: Keys) {
  return {
    async note(id: string, now: number): Promise<void> {
      await HEAR.run(redis, { record: keys.subscriber(id) }, { now });
    },

    /** Undefined for a subscriber of a version that did not note it. */
    async last(id: string): Promise<number | undefined> {
      const heardAt = await redis.hGet(keys.subscriber(id), 'heardAt');
      return heardAt === null ? undefined : Number(heardAt);
    },
  };
}

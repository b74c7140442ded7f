import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';

/** KEYS: record. ARGV: time. Nobody who was forgotten comes back by it. */
const HEAR = `
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'heardAt', ARGV[1]) end`;

/**
 * When the subscriber itself was heard of: field `heardAt` of its record (milliseconds since the epoch), written when it is added, when a token of
 * its is used (to the hour, `store/login/tokens.ts`), and when its XMPP account comes or goes.
 */
export function createHearing(redis: Redis, keys: Keys) {
  return {
    async note(id: string, now: number): Promise<void> {
      await redis.eval(HEAR, { keys: [keys.subscriber(id)], arguments: [`${now}`] });
    },

    /** Undefined for a subscriber of a version that did not note it. */
    async last(id: string): Promise<number | undefined> {
      const heardAt = await redis.hGet(keys.subscriber(id), 'heardAt');
      return heardAt === null ? undefined : Number(heardAt);
    },
  };
}

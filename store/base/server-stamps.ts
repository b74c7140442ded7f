import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from './keys.ts';
import { asYes, defineScript } from './script.ts';

/**
 * Notes another stamp that the server may have, if the one that it surely has is still there: in one
 * step, as a Redis that was put back in between would pass for the present with the new one.
 */
const BEGIN = defineScript({
  keys: ['stamps'],
  args: ['held', 'stamp'],
  reply: asYes,
  lua: `
if held ~= '' and redis.call('SISMEMBER', stamps, held) == 0 then return 0 end
redis.call('SADD', stamps, stamp)
return 1`,
});

/**
 * The stamp that the XMPP server of each home has of this Redis (decision 279): set `server-stamp`.
 * It holds that stamp alone, and while the server is given another all that it may have.
 */
export function createServerStamps(redis: Redis, keys: Keys) {
  return {
    /**
     * To be called before the server is given it. `held`: the stamp that it has, where one is known.
     * False, and nothing is noted, where Redis knows nothing of that one: it was put back.
     */
    async begin(host: string, stamp: string, held?: string): Promise<boolean> {
      return BEGIN.run(redis, { stamps: keys.serverStamp(host) }, { held, stamp });
    },

    /** The server has this one. */
    async settle(host: string, stamp: string): Promise<void> {
      const key = keys.serverStamp(host);
      await redis.multi().del(key).sAdd(key, stamp).exec();
    },

    /** Whether the server may have it. */
    async has(host: string, stamp: string): Promise<boolean> {
      return (await redis.sIsMember(keys.serverStamp(host), stamp)) === 1;
    },
  };
}

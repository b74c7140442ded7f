import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from './keys.ts';
import { asYes, defineScript } from './script.ts';

/** A member of the set that is no stamp: roster jobs have worked while the server kept nothing or not all of what they made. */
const UNKEPT = 'unkept';

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
 * Drops what the server cannot have: of those that begin before `since` the last one was its own until the next. Nothing, where the
 * stamp is not there: as with `BEGIN`.
 */
const SETTLE = defineScript({
  keys: ['stamps'],
  args: ['stamp', 'since'],
  reply: asYes,
  lua: `
if redis.call('SISMEMBER', stamps, stamp) == 0 then return 0 end
local last, lastAt
for _, one in ipairs(redis.call('SMEMBERS', stamps)) do
  local at = tonumber(string.match(one, '^(%d+) ')) or 0
  if one ~= '${UNKEPT}' and one ~= stamp and (since == '' or at < tonumber(since)) then
    local older = one
    if since ~= '' and (not last or at > lastAt) then older, last, lastAt = last, one, at end
    if older then redis.call('SREM', stamps, older) end
  end
end
return 1`,
});

/**
 * The stamp that the XMPP server of each home has of this Redis (decision 279): set `server-stamp`.
 * It holds that stamp alone, and all others that the server may have: while it is given another, and where it
 * may have forgotten the last ones; and whether something was made of which the server keeps nothing. A stamp begins with the time of its making, in milliseconds since the epoch, and a blank.
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

    /**
     * The server has this one. `since`: it may go back to what it had then, as it was killed; undefined where it forgets nothing.
     * False where Redis knows nothing of it: it was put back.
     */
    async settle(host: string, stamp: string, since?: number): Promise<boolean> {
      return SETTLE.run(redis, { stamps: keys.serverStamp(host) }, { stamp, since });
    },

    /** The server does not keep all that roster jobs have made, or make from now on. */
    async noteUnkept(host: string): Promise<void> {
      await redis.sAdd(keys.serverStamp(host), UNKEPT);
    },

    /** Whether there is something of which it keeps nothing. */
    async hasUnkept(host: string): Promise<boolean> {
      return (await redis.sIsMember(keys.serverStamp(host), UNKEPT)) === 1;
    },

    /** It keeps all. */
    async noteKept(host: string): Promise<void> {
      await redis.sRem(keys.serverStamp(host), UNKEPT);
    },

    /** Whether the server has had one. */
    async hasAny(host: string): Promise<boolean> {
      return (await redis.sMembers(keys.serverStamp(host))).some((one) => one !== UNKEPT);
    },

    /** Whether the server may have it. */
    async has(host: string, stamp: string): Promise<boolean> {
      return (await redis.sIsMember(keys.serverStamp(host), stamp)) === 1;
    },
  };
}

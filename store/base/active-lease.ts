import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from './keys.ts';
import { defineScript } from './script.ts';

/** Milliseconds after which a lease that is not renewed is free. */
const LEASE = 3_000;
/** In place of a holder's name where the lease was given. */
const MINE = 'mine';

const HOLD = defineScript({
  keys: ['lease'],
  args: ['instance', 'second', 'anyway', 'ms'],
  reply: (reply) => reply as string,
  lua: `
local holder = redis.call('HGET', lease, 'instance')
if holder and holder ~= instance and anyway ~= '1' then return redis.call('HGET', lease, 'second') end
redis.call('HSET', lease, 'instance', instance, 'second', second)
redis.call('PEXPIRE', lease, ms)
return '${MINE}'`,
});

const RELEASE = defineScript({
  keys: ['lease'],
  args: ['instance'],
  lua: `if redis.call('HGET', lease, 'instance') == instance then redis.call('DEL', lease) end`,
});

/** What the XMPP server does with a second connection for the component's domain, as far as the holder knows it. */
export type Second = 'refused' | 'unknown';

/**
 * Which of several components is the active one: hash with an expiry, `instance` (who) and `second` (what the server does
 * with a second one).
 */
export function createActiveLease(redis: Redis, { activeComponent: lease }: Keys) {
  return {
    /**
     * Takes the lease when it is free, or whoever has it (`anyway`), and renews one's own. Undefined: it is held. Else another
     * holds it, who says this of the server.
     */
    async hold(instance: string, second: Second, anyway = false): Promise<Second | undefined> {
      const reply = await HOLD.run(redis, { lease }, { instance, second, anyway: anyway ? 1 : 0, ms: LEASE });
      return reply === MINE ? undefined : (reply as Second);
    },

    async release(instance: string): Promise<void> {
      await RELEASE.run(redis, { lease }, { instance });
    },
  };
}

import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from './keys.ts';
import { defineScript } from './script.ts';

/** Milliseconds after which a lease that is not renewed is free. */
const LEASE = 3_000;
const MINE = 'mine';
const HARMED = 'harmed';

const HOLD = defineScript({
  keys: ['lease'],
  args: ['instance', 'second', 'anyway', 'ms'],
  reply: (reply) => reply as string,
  lua: `
local holder = redis.call('HGET', lease, 'instance')
if holder and holder ~= instance and anyway ~= '1' then return redis.call('HGET', lease, 'second') end
redis.call('HSET', lease, 'instance', instance, 'second', second)
redis.call('PEXPIRE', lease, ms)
return redis.call('HDEL', lease, 'harmed') == 1 and '${HARMED}' or '${MINE}'`,
});

const HARM = defineScript({
  keys: ['lease'],
  args: ['instance'],
  lua: `
local holder = redis.call('HGET', lease, 'instance')
if holder and holder ~= instance then redis.call('HSET', lease, 'harmed', '1') end`,
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
 * with a second one), and `harmed` while the holder does not know yet that another connection was closed beside its own.
 */
export function createActiveLease(redis: Redis, { activeComponent: lease }: Keys) {
  return {
    /**
     * Takes the lease when it is free, or whoever has it (`anyway`), and renews one's own. `other`: it is held by another,
     * who says this of the server. `harmed`: it is one's own, and `harm` was called; this is told once.
     */
    async hold(instance: string, second: Second, anyway = false): Promise<{ other?: Second; harmed?: boolean }> {
      const reply = await HOLD.run(redis, { lease }, { instance, second, anyway: anyway ? 1 : 0, ms: LEASE });
      if (reply === MINE) return {};
      return reply === HARMED ? { harmed: true } : { other: reply as Second };
    },

    /** Says that the connection of this instance, which has lost the lease, is closed only now. */
    async harm(instance: string): Promise<void> {
      await HARM.run(redis, { lease }, { instance });
    },

    async release(instance: string): Promise<void> {
      await RELEASE.run(redis, { lease }, { instance });
    },
  };
}

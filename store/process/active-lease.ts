import type { Redis } from '../../runtime/redis/redis.ts';
import { IS_STILL } from '../base/fence.ts';
import { as, defineScript } from '../base/script.ts';

/** Milliseconds after which a lease that is not renewed is free. */
export const LEASE = 3_000;
const MINE = 'mine';
const HARMED = 'harmed';

const HOLD = defineScript({
  keys: ['lease'],
  args: ['instance', 'allows', 'anyway', 'ms'],
  reply: as<string | [Allows, number]>,
  lua: `
local holder = redis.call('HGET', lease, 'instance')
if holder and holder ~= instance and anyway ~= '1' then
  return { redis.call('HGET', lease, 'allows'), redis.call('PTTL', lease) }
end
redis.call('HSET', lease, 'instance', instance, 'allows', allows)
redis.call('PEXPIRE', lease, ms)
return redis.call('HDEL', lease, 'harmed') == 1 and '${HARMED}' or '${MINE}'`,
});

const HARM = defineScript({
  uses: [IS_STILL],
  keys: ['lease'],
  args: ['instance'],
  lua: `
local isFree = isStill(lease, 'instance', '')
if not isFree and not isStill(lease, 'instance', instance) then redis.call('HSET', lease, 'harmed', '1') end`,
});

const RELEASE = defineScript({
  uses: [IS_STILL],
  keys: ['lease'],
  args: ['instance'],
  lua: "if isStill(lease, 'instance', instance) then redis.call('DEL', lease) end",
});

/** How many connections for the component's domain the XMPP server allows, as far as the holder of the lease knows it. */
export type Allows = 'one' | 'unknown';

/** Another component has the lease. `silent`: milliseconds since it has renewed it. */
export type Holder = { allows: Allows; silent: number };

/** A component, and the host of its home. */
export type Component = { host: string; instance: string };

/**
 * Which of several components of a home is the active one, or which of several processes of another kind; `placeOf`: where that stands. Hash with an expiry, `instance` (who) and `allows` (how many the server lets
 * in), and `harmed` from a call of `harm` until the holder was told.
 */
export function createActiveLease(redis: Redis, placeOf: (host: string) => string) {
  return {
    /**
     * Takes the lease when it is free, or whoever has it (`anyway`), and renews one's own. `other`: who holds it, where that
     * is another. `harmed`: it is one's own, and `harm` was called; this is told once.
     */
    async hold(self: Component, allows: Allows, anyway = false): Promise<{ other?: Holder; harmed?: boolean }> {
      const { host, instance } = self;
      const places = { lease: placeOf(host) };
      const reply = await HOLD.run(redis, places, { instance, allows, anyway: anyway ? 1 : 0, ms: LEASE });
      if (typeof reply === 'string') return reply === HARMED ? { harmed: true } : {};
      const [said, left] = reply;
      return { other: { allows: said, silent: LEASE - left } };
    },

    /**
     * To be called by an instance that has lost the lease and has closed its connection only now, where
     * the server may let two connections in: such a server takes the rights of the one that is left
     * when the other closes. The holder is told by its next `hold`, and connects anew.
     */
    async harm({ host, instance }: Component): Promise<void> {
      await HARM.run(redis, { lease: placeOf(host) }, { instance });
    },

    async release({ host, instance }: Component): Promise<void> {
      await RELEASE.run(redis, { lease: placeOf(host) }, { instance });
    },
  };
}

import { randomBytes } from 'node:crypto';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { readRecord } from '../base/record.ts';
import { as, defineScript } from '../base/script.ts';

/** `sealed`: what the protocols check, encrypted. `createdAt`: milliseconds since the epoch. */
export type ApplicationPassword = { id: string; name: string; sealed: string; createdAt: number };
type Kept = Omit<ApplicationPassword, 'id'>;

/** Application passwords of one subscriber. */
export const MOST_APPLICATION_PASSWORDS = 20;

/**
 * Adds a password where there is room. A subscriber who left meanwhile must leave none behind, so
 * it is looked at in the same step.
 */
const ADD = defineScript({
  keys: ['record', 'passwords'],
  args: ['id', 'password', 'most'],
  reply: as<'ok' | 'gone' | 'too-many'>,
  lua: `
if redis.call('HGET', record, 'state') ~= 'active' then return 'gone' end
if redis.call('HLEN', passwords) >= tonumber(most) then return 'too-many' end
redis.call('HSET', passwords, id, password)
return 'ok'`,
});

/** Passwords for players that know no tokens: hash `application-passwords` (id → JSON). */
export function createApplicationPasswords(redis: Redis, keys: Keys) {
  return {
    newId: () => randomBytes(6).toString('hex'),

    async add(subscriberId: string, { id, ...kept }: ApplicationPassword): Promise<'ok' | 'gone' | 'too-many'> {
      const places = { record: keys.subscriber(subscriberId), passwords: keys.applicationPasswords(subscriberId) };
      const password = JSON.stringify(kept satisfies Kept);
      return ADD.run(redis, places, { id, password, most: MOST_APPLICATION_PASSWORDS });
    },

    async get(subscriberId: string, id: string): Promise<ApplicationPassword | undefined> {
      const json = await redis.hGet(keys.applicationPasswords(subscriberId), id);
      return json ? { id, ...readRecord<Kept>(json, 'an application password') } : undefined;
    },

    /** The oldest first. */
    async list(subscriberId: string): Promise<ApplicationPassword[]> {
      const entries = Object.entries(await redis.hGetAll(keys.applicationPasswords(subscriberId)));
      return entries
        .map(([id, json]) => ({ id, ...readRecord<Kept>(json, 'an application password') }))
        .sort((a, b) => a.createdAt - b.createdAt);
    },

    /** False when there is no such password. */
    async revoke(subscriberId: string, id: string): Promise<boolean> {
      return (await redis.hDel(keys.applicationPasswords(subscriberId), id)) === 1;
    },

    async revokeAll(subscriberId: string): Promise<void> {
      await redis.del(keys.applicationPasswords(subscriberId));
    },
  };
}

import { randomBytes } from 'node:crypto';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';

/** `sealed`: what the protocols check, encrypted. `createdAt`: milliseconds since the epoch. */
export type ApplicationPassword = { id: string; name: string; sealed: string; createdAt: number };
type Kept = Omit<ApplicationPassword, 'id'>;

/** Application passwords of one subscriber. */
export const MOST_APPLICATION_PASSWORDS = 20;

// A subscriber who left meanwhile must leave none behind.
const ADD = `
if redis.call('HGET', KEYS[1], 'state') ~= 'active' then return 'gone' end
if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[3]) then return 'too-many' end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 'ok'`;

/** Passwords for players that know no tokens: hash `application-passwords` (id → JSON). */
export function createApplicationPasswords(redis: Redis, keys: Keys) {
  return {
    newId: () => randomBytes(6).toString('hex'),

    async add(subscriberId: string, { id, ...kept }: ApplicationPassword): Promise<'ok' | 'gone' | 'too-many'> {
      const reply = await redis.eval(ADD, {
        keys: [keys.subscriber(subscriberId), keys.applicationPasswords(subscriberId)],
        arguments: [id, JSON.stringify(kept satisfies Kept), `${MOST_APPLICATION_PASSWORDS}`],
      });
      return reply as 'ok' | 'gone' | 'too-many';
    },

    async get(subscriberId: string, id: string): Promise<ApplicationPassword | undefined> {
      const json = await redis.hGet(keys.applicationPasswords(subscriberId), id);
      return json ? { id, ...(JSON.parse(json) as Kept) } : undefined;
    },

    /** The oldest first. */
    async list(subscriberId: string): Promise<ApplicationPassword[]> {
      const entries = Object.entries(await redis.hGetAll(keys.applicationPasswords(subscriberId)));
      return entries
        .map(([id, json]) => ({ id, ...(JSON.parse(json) as Kept) }))
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

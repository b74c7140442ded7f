import { createHash } from 'node:crypto';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { readRecord } from '../base/record.ts';
import { asYes, defineScript } from '../base/script.ts';

/** Whose session it is, and by which application password: it lasts no longer than that. */
export type PlayerSession = { subscriberId: string; passwordId: string };

/**
 * Lists a session with its subscriber. One who left meanwhile must leave none behind, so it is
 * looked at in the same step.
 */
const LIST = defineScript({
  keys: ['record', 'sessions'],
  args: ['hash'],
  reply: asYes,
  lua: `
if redis.call('HGET', record, 'state') ~= 'active' then return 0 end
redis.call('SADD', sessions, hash)
return 1`,
});

/**
 * Sessions of players (strings `player-session:<hash>` → JSON). A session is kept as its hash; it names a password that may be gone. Set
 * `player-sessions` of a subscriber: the hashes of its sessions, so that they go with it.
 */
export function createPlayerSessions(redis: Redis, keys: Keys) {
  const hashOf = (session: string) => createHash('sha256').update(session).digest('base64url');

  async function forget({ subscriberId }: Pick<PlayerSession, 'subscriberId'>, hash: string): Promise<void> {
    await redis.del(keys.playerSession(hash));
    await redis.sRem(keys.playerSessions(subscriberId), hash);
  }

  return {
    async open(session: string, whose: PlayerSession): Promise<void> {
      const [hash, { subscriberId }] = [hashOf(session), whose];
      const record = keys.subscriber(subscriberId);
      if (!(await LIST.run(redis, { record, sessions: keys.playerSessions(subscriberId) }, { hash }))) return;
      await redis.set(keys.playerSession(hash), JSON.stringify(whose));
      // Whoever erases reads the list once, which may have been between these steps.
      if ((await redis.hGet(record, 'state')) !== 'active') await forget(whose, hash);
    },

    async whose(session: string): Promise<PlayerSession | undefined> {
      const json = await redis.get(keys.playerSession(hashOf(session)));
      return json ? readRecord<PlayerSession>(json, 'the session of a player') : undefined;
    },

    async close(session: string, whose: Pick<PlayerSession, 'subscriberId'>): Promise<void> {
      await forget(whose, hashOf(session));
    },

    /** All of a subscriber who leaves. */
    async closeAll(subscriberId: string): Promise<void> {
      for (const hash of await redis.sMembers(keys.playerSessions(subscriberId))) await forget({ subscriberId }, hash);
    },
  };
}

import { createHash } from 'node:crypto';
import type { Redis } from '../runtime/redis.ts';
import type { Keys } from './keys.ts';

/** Whose session it is, and by which application password: it lasts no longer than that. */
export type PlayerSession = { subscriberId: string; passwordId: string };

/** Seconds for which a session that nobody uses is known. */
const LIFETIME = 90 * 86_400;

/** Sessions of players (strings `player-session:<hash>` → JSON). A session is kept as its hash; it names a password that may be gone. */
export function createPlayerSessions(redis: Redis, keys: Keys) {
  const keyOf = (session: string) => keys.playerSession(createHash('sha256').update(session).digest('base64url'));
  return {
    async open(session: string, whose: PlayerSession): Promise<void> {
      await redis.set(keyOf(session), JSON.stringify(whose), { expiration: { type: 'EX', value: LIFETIME } });
    },

    async whose(session: string): Promise<PlayerSession | undefined> {
      const json = await redis.getEx(keyOf(session), { type: 'EX', value: LIFETIME });
      return json ? (JSON.parse(json) as PlayerSession) : undefined;
    },

    async close(session: string): Promise<void> {
      await redis.del(keyOf(session));
    },
  };
}

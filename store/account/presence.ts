import type { Resource } from '../../domain/account/presence.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';

/** Who is online: hash `presence` (bare JID → connected clients). Only the component writes it. */
export function createPresences(redis: Redis, keys: Keys) {
  return {
    async of(jids: readonly string[]): Promise<Resource[][]> {
      if (jids.length === 0) return [];
      return (await redis.hmGet(keys.presence, [...jids])).map((json) =>
        json ? (JSON.parse(json) as Resource[]) : [],
      );
    },

    async write(jid: string, resources: readonly Resource[]): Promise<void> {
      if (resources.length === 0) await redis.hDel(keys.presence, jid);
      else await redis.hSet(keys.presence, jid, JSON.stringify(resources));
    },

    async online(): Promise<string[]> {
      return redis.hKeys(keys.presence);
    },
  };
}

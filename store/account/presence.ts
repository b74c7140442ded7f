import type { Resource } from '../../domain/account/presence.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { scanTexts } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { readRecord } from '../base/record.ts';
import { askSlices } from '../base/slices.ts';

/** Who is online: hash `presence` (bare JID → connected clients). Only the component writes it. */
export function createPresences(redis: Redis, keys: Keys) {
  return {
    async of(jids: readonly string[]): Promise<Resource[][]> {
      const found = await askSlices(jids, (some) => redis.hmGet(keys.presence, some));
      return found.map((json) => (json ? readRecord<Resource[]>(json, 'a presence') : []));
    },

    async write(jid: string, resources: readonly Resource[]): Promise<void> {
      if (resources.length === 0) await redis.hDel(keys.presence, jid);
      else await redis.hSet(keys.presence, jid, JSON.stringify(resources));
    },

    async online(): Promise<string[]> {
      const jids = new Set<string>();
      for await (const [jid] of scanTexts(redis, keys.presence)) jids.add(jid);
      return [...jids];
    },
  };
}

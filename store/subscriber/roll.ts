import type { Redis } from '../../runtime/redis.ts';
import { BUCKET } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { allPartitions, PARTITIONS } from '../base/partitions.ts';

/**
 * Everybody, in pages of up to 1,024 subscribers who were made one after the other. Whoever goes through all pages meets
 * everybody who was there when it began.
 */
export function createRoll(redis: Redis, keys: Keys) {
  // One bucket of each partition.
  const keysOf = (page: number) => allPartitions().map((partition) => keys.ids(page * PARTITIONS + partition));

  async function pages(): Promise<number> {
    const last = Number((await redis.get(keys.lastIndex)) ?? 0);
    return Math.ceil((last + 1) / (PARTITIONS * BUCKET));
  }

  return {
    /** How many pages there are now, numbered from 0. */
    pages,

    /** The ids of a page, in any state. */
    async page(page: number): Promise<string[]> {
      return (await Promise.all(keysOf(page).map((key) => redis.hVals(key)))).flat();
    },

    async count(): Promise<number> {
      let count = 0;
      for (let page = (await pages()) - 1; page >= 0; page -= 1)
        for (const part of await Promise.all(keysOf(page).map((key) => redis.hLen(key)))) count += part;
      return count;
    },
  };
}

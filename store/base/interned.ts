import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from './keys.ts';
import { packIntegers } from './packed-numbers.ts';
import { PARTITIONS } from './partitions.ts';
import { as, defineScript } from './script.ts';
import { slicesOf } from './slices.ts';

/** Subscribers of one `ids` hash: it stays in Redis's compact form, and they were made one after the other. */
export const BUCKET = 64;

export type Interned = ReturnType<typeof createInterned>;

/** An integer that no subscriber has, as they are given from 1: for whoever reads as often for nobody as for somebody. */
export const NOBODYS_INTEGER = 0;

/** Of integers of one partition, packed; empty for those who are forgotten. */
const IDS = defineScript({
  keys: ['base'],
  args: ['indexes'],
  reply: as<string[]>,
  lua: `
local ids = {}
for at = 1, #indexes, 4 do
  local index = struct.unpack('>I4', indexes, at)
  ids[#ids + 1] = redis.call('HGET', base .. math.floor(index / ${BUCKET}), index % ${BUCKET}) or ''
end
return ids`,
});

/** Where the id of a subscriber's integer stands. */
export function idPlace(keys: Keys, index: number): { key: string; field: string } {
  return { key: keys.ids(Math.floor(index / BUCKET)), field: `${index % BUCKET}` };
}

/**
 * Subscribers as integers from 1, four bytes where the public id takes 36: hashes `ids` (integer → id) and the field
 * `index` of the subscriber's own record. An integer is never given to somebody else.
 */
export function createInterned(redis: Redis, keys: Keys) {
  return {
    /** The first of so many that nobody has. */
    async next(count = 1): Promise<number> {
      return (await redis.incrBy(keys.lastIndex, count)) - count + 1;
    },

    /** Undefined when there is no such subscriber. */
    async indexOf(id: string): Promise<number | undefined> {
      const index = await redis.hGet(keys.subscriber(id), 'index');
      return index === null ? undefined : Number(index);
    },

    /** The ids of these integers, in the order asked for; undefined for those who are forgotten. */
    async idsOf(indexes: readonly number[]): Promise<(string | undefined)[]> {
      const ids = new Array<string | undefined>(indexes.length);
      await Promise.all(
        [...positionsByPartition(indexes)]
          .flatMap((part) => slicesOf(part))
          .map(async (positions) => {
            const some = positions.map((position) => indexes[position] as number);
            const base = keys.idsPart(Math.floor((some[0] as number) / BUCKET) % PARTITIONS);
            const found = await IDS.run(redis, { base }, { indexes: packIntegers(some) });
            for (const [i, position] of positions.entries()) ids[position] = found[i] || undefined;
          }),
      );
      return ids;
    },
  };
}

/** The positions of the integers whose ids stand under the same hash tag. */
function positionsByPartition(indexes: readonly number[]): Iterable<number[]> {
  const parts = new Map<number, number[]>();
  for (const [position, index] of indexes.entries()) {
    const partition = Math.floor(index / BUCKET) % PARTITIONS;
    const part = parts.get(partition);
    if (part) part.push(position);
    else parts.set(partition, [position]);
  }
  return parts.values();
}

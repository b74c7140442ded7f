import type { Redis } from '../../runtime/redis/redis.ts';
import { type Interned, NOBODYS_INTEGER } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { EACH_PLACE } from '../base/packed-numbers.ts';
import { askPartitions } from '../base/partitions.ts';
import { as, defineLua, defineScript } from '../base/script.ts';

/** Lua: `ownersOf()`: who owns each of many numbers of one partition; `directory` is what stands before a bucket's number. */
export const OWNERS_OF = defineLua({
  uses: [EACH_PLACE],
  keys: ['directory'],
  args: ['numbers'],
  lua: `
local function ownersOf()
  local owners = {}
  eachPlace(directory, numbers, function(bucket, field) owners[#owners + 1] = redis.call('HGET', bucket, field) end)
  return owners
end`,
});

const OWNERS = defineScript({ uses: [OWNERS_OF], reply: as<(string | null)[]>, lua: 'return ownersOf()' });

/**
 * Who owns a number: hashes `directory:<bucket>` (seven bytes of the number key → the owner's integer). A bucket's hash
 * tag is its partition, so many numbers are looked up with one call for each partition.
 */
export function createDirectory(redis: Redis, interned: Interned, keys: Keys) {
  async function indexesOf(numberKeys: readonly string[]): Promise<(number | undefined)[]> {
    const found = await askPartitions(numberKeys, (partition, packed) =>
      OWNERS.run(redis, { directory: keys.directoryPart(partition) }, { numbers: packed }),
    );
    return found.map((index) => (index === null ? undefined : Number(index)));
  }

  return {
    /** Who owns these numbers; undefined for nobody, in the order asked for. */
    async owners(numberKeys: readonly string[]): Promise<(string | undefined)[]> {
      const found = await indexesOf(numberKeys);
      const known = found.flatMap((index, i) => (index === undefined ? [] : [{ i, index }]));
      const ids = await interned.idsOf(known.map(({ index }) => index));
      const owners = new Array<string | undefined>(numberKeys.length).fill(undefined);
      for (const [n, { i }] of known.entries()) owners[i] = ids[n];
      return owners;
    },

    /**
     * As `owners`, in a time that does not tell whether somebody owns a number: where nobody does an id
     * is looked up all the same, of an integer that nobody has. For answers that a stranger can time.
     */
    async ownersAlike(numberKeys: readonly string[]): Promise<(string | undefined)[]> {
      return interned.idsOf((await indexesOf(numberKeys)).map((index) => index ?? NOBODYS_INTEGER));
    },
  };
}

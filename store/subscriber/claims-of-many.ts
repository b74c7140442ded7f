import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import { EACH_PLACE, packIntegers } from '../base/packed-numbers.ts';
import { bucketOfText, PARTITIONS, packNumberKey } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';

/** What somebody with this integer wants for itself. */
export type WantedPlaces = { index: number; numberKeys: readonly string[]; jid: string };

/**
 * Claims numbers and JIDs of one hash tag, each for its owner, as a single claim does. `numbers`:
 * packed one after the other, `owners` of each in four bytes; `jids`, each with its owner after it.
 * Answers with the owners of what somebody else has. In one step, so that one of two gets a number.
 */
const CLAIM = defineScript({
  uses: [EACH_PLACE],
  keys: ['directory'],
  keyList: 'jidHashes',
  args: ['numbers', 'owners'],
  lists: ['jids'],
  reply: as<string[]>,
  lua: `
local refused, at = {}, 1
local function claim(hash, field, owner)
  if redis.call('HSETNX', hash, field, owner) == 1 or redis.call('HGET', hash, field) == owner then return end
  refused[#refused + 1] = owner
end
eachPlace(directory, numbers, function(bucket, field)
  claim(bucket, field, string.format('%d', (struct.unpack('>I4', owners, at))))
  at = at + 4
end)
for i, hash in ipairs(jidHashes) do claim(hash, jids[2 * i - 1], jids[2 * i]) end
return refused`,
});

type Part = { numbers: Buffer[]; owners: number[]; jidHashes: string[]; jids: (string | number)[] };

/** Whose places are not theirs, as `CLAIM` names them, and who has a number that somebody holds. Nothing is written. */
const STAND = defineScript({
  uses: [EACH_PLACE],
  keys: ['directory', 'holders'],
  keyList: 'jidHashes',
  args: ['numbers', 'owners'],
  lists: ['jids'],
  reply: as<[astray: string[], held: string[]]>,
  lua: `
local astray, held, at = {}, {}, 1
local function look(hash, field, owner)
  if redis.call('HGET', hash, field) ~= owner then astray[#astray + 1] = owner end
end
eachPlace('', numbers, function(bucket, field)
  local owner = string.format('%d', (struct.unpack('>I4', owners, at)))
  at = at + 4
  look(directory .. bucket, field, owner)
  if redis.call('HEXISTS', holders .. bucket, field) == 1 then held[#held + 1] = owner end
end)
for i, hash in ipairs(jidHashes) do look(hash, jids[2 * i - 1], jids[2 * i]) end
return { astray, held }`,
});

/** Integers of those of whom a number or the JID is not theirs in the directory, and of those who have a number that somebody holds. */
export async function standOfMany(
  redis: Redis,
  keys: Keys,
  all: readonly WantedPlaces[],
): Promise<{ astray: Set<number>; held: Set<number> }> {
  const [astray, held] = [new Set<number>(), new Set<number>()];
  await Promise.all(
    [...partsOf(keys, all)].map(async ([partition, { numbers, owners, jidHashes, jids }]) => {
      const packed = { numbers: Buffer.concat(numbers), owners: packIntegers(owners) };
      const places = { directory: keys.directoryPart(partition), holders: keys.holdersPart(partition), jidHashes };
      const found = await STAND.run(redis, places, { ...packed, jids });
      for (const owner of found[0]) astray.add(Number(owner));
      for (const owner of found[1]) held.add(Number(owner));
    }),
  );
  return { astray, held };
}

/** The integers of those who did not get everything; what they have got is theirs until it is released. */
export async function claimForMany(redis: Redis, keys: Keys, all: readonly WantedPlaces[]): Promise<Set<number>> {
  const refused = new Set<number>();
  await Promise.all(
    [...partsOf(keys, all)].map(async ([partition, { numbers, owners, jidHashes, jids }]) => {
      const packed = { numbers: Buffer.concat(numbers), owners: packIntegers(owners) };
      const places = { directory: keys.directoryPart(partition), jidHashes };
      for (const owner of await CLAIM.run(redis, places, { ...packed, jids })) refused.add(Number(owner));
    }),
  );
  return refused;
}

function partsOf(keys: Keys, all: readonly WantedPlaces[]): Map<number, Part> {
  const parts = new Map<number, Part>();
  function part(bucket: number): Part {
    const partition = bucket % PARTITIONS;
    const present = parts.get(partition) ?? { numbers: [], owners: [], jidHashes: [], jids: [] };
    parts.set(partition, present);
    return present;
  }
  for (const { index, numberKeys, jid } of all) {
    for (const numberKey of numberKeys) {
      const packed = packNumberKey(numberKey);
      const { numbers, owners } = part(packed.readUInt16BE(0));
      numbers.push(packed);
      owners.push(index);
    }
    const bucket = bucketOfText(jid);
    const { jidHashes, jids } = part(bucket);
    jidHashes.push(keys.jidsIn(bucket));
    jids.push(jid, index);
  }
  return parts;
}

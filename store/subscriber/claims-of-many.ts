import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { EACH_PLACE, packIntegers } from '../base/packed-numbers.ts';
import { bucketOfText, PARTITIONS, packNumberKey } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';

/** What somebody with this integer wants for itself. */
export type WantedPlaces = { index: number; numberKeys: readonly string[]; jid: string };

/**
 * Claims numbers and JIDs of one hash tag, each for its owner, as a single claim does. `numbers`:
 * packed one after the other, `owners` of each in four bytes; `jids`, each with its owner after it.
 * Answers three lists of owners: those refused, as somebody else has one of their places; those of
 * whose numbers somebody holds one; and those under whose numbers some budget was spent, each
 * followed by the time until which that is owed. In one step, so that one of two gets a number, and
 * so that whoever comes to hold the number later finds its owner. What was spent is there by then, as
 * the former owner notes it before the number is free.
 */
const CLAIM = defineScript({
  uses: [EACH_PLACE],
  keys: ['directory', 'holders', 'spent'],
  keyList: 'jidHashes',
  args: ['numbers', 'owners'],
  lists: ['numberKeys', 'jids'],
  reply: as<[refused: string[], held: string[], owing: string[]]>,
  lua: `
local refused, held, owing, n = {}, {}, {}, 0
local function claim(hash, field, owner)
  if redis.call('HSETNX', hash, field, owner) == 1 or redis.call('HGET', hash, field) == owner then return end
  refused[#refused + 1] = owner
end
eachPlace('', numbers, function(bucket, field)
  local owner = string.format('%d', (struct.unpack('>I4', owners, 4 * n + 1)))
  n = n + 1
  claim(directory .. bucket, field, owner)
  if redis.call('HEXISTS', holders .. bucket, field) == 1 then held[#held + 1] = owner end
  local back = redis.call('GET', spent .. numberKeys[n])
  if back then
    owing[#owing + 1] = owner
    owing[#owing + 1] = back
  end
end)
for i, hash in ipairs(jidHashes) do claim(hash, jids[2 * i - 1], jids[2 * i]) end
return { refused, held, owing }`,
});

type Part = {
  numbers: Buffer[];
  numberKeys: string[];
  owners: number[];
  jidHashes: string[];
  jids: (string | number)[];
};

/** As `CLAIM`, but writes nothing. Answers the owners of places that the directory does not have as theirs, and the owners of numbers that somebody holds. */
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

/** Frees the numbers that are still their owners'. */
const RELEASE = defineScript({
  uses: [EACH_PLACE],
  keys: ['directory'],
  args: ['numbers', 'owners'],
  lua: `
local at = 1
eachPlace('', numbers, function(bucket, field)
  local owner = string.format('%d', (struct.unpack('>I4', owners, at)))
  at = at + 4
  if redis.call('HGET', directory .. bucket, field) == owner then redis.call('HDEL', directory .. bucket, field) end
end)`,
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

/**
 * `refused`: the integers of those who did not get everything; what they have got is theirs until it is released. `held`: of those of
 * whom somebody holds a number. `owing`: until when what was spent under their numbers is owed, in milliseconds since the epoch.
 */
export type ClaimsOfMany = { refused: Set<number>; held: Set<number>; owing: Map<number, number> };

/** Claims the numbers and the JIDs of many, in one script for each partition. */
export async function claimForMany(redis: Redis, keys: Keys, all: readonly WantedPlaces[]): Promise<ClaimsOfMany> {
  const claims: ClaimsOfMany = { refused: new Set(), held: new Set(), owing: new Map() };
  await Promise.all(
    [...partsOf(keys, all)].map(async ([partition, { numbers, numberKeys, owners, jidHashes, jids }]) => {
      const packed = { numbers: Buffer.concat(numbers), owners: packIntegers(owners) };
      const before = {
        directory: keys.directoryPart(partition),
        holders: keys.holdersPart(partition),
        spent: keys.spentPart(partition),
      };
      const [refused, held, owing] = await CLAIM.run(redis, { ...before, jidHashes }, { ...packed, numberKeys, jids });
      for (const owner of refused) claims.refused.add(Number(owner));
      for (const owner of held) claims.held.add(Number(owner));
      for (let i = 0; i < owing.length; i += 2) {
        const [owner, back] = [Number(owing[i]), Number(owing[i + 1])];
        claims.owing.set(owner, Math.max(back, claims.owing.get(owner) ?? 0));
      }
    }),
  );
  return claims;
}

/** Frees numbers, each unless it is somebody else's by now: in one script for each partition, so it can be done twice. */
export async function releaseForMany(
  redis: Redis,
  keys: Keys,
  all: readonly Omit<WantedPlaces, 'jid'>[],
): Promise<void> {
  await Promise.all(
    [...partsOf(keys, all)].map(([partition, { numbers, owners }]) =>
      RELEASE.run(
        redis,
        { directory: keys.directoryPart(partition) },
        { numbers: Buffer.concat(numbers), owners: packIntegers(owners) },
      ),
    ),
  );
}

function partsOf(keys: Keys, all: readonly (Omit<WantedPlaces, 'jid'> & { jid?: string })[]): Map<number, Part> {
  const parts = new Map<number, Part>();
  function part(bucket: number): Part {
    const partition = bucket % PARTITIONS;
    const present = parts.get(partition) ?? { numbers: [], numberKeys: [], owners: [], jidHashes: [], jids: [] };
    parts.set(partition, present);
    return present;
  }
  for (const { index, numberKeys, jid } of all) {
    for (const numberKey of numberKeys) {
      const packed = packNumberKey(numberKey);
      const place = part(packed.readUInt16BE(0));
      place.numbers.push(packed);
      place.numberKeys.push(numberKey);
      place.owners.push(index);
    }
    if (jid === undefined) continue;
    const bucket = bucketOfText(jid);
    const { jidHashes, jids } = part(bucket);
    jidHashes.push(keys.jidsIn(bucket));
    jids.push(jid, index);
  }
  return parts;
}

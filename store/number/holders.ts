import { RESP_TYPES } from 'redis';
import type { Redis } from '../../runtime/redis/redis.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import type { Interned } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { EACH_PLACE } from '../base/packed-numbers.ts';
import { askPartitions } from '../base/partitions.ts';
import { as, defineLua, defineScript } from '../base/script.ts';
import { SLICE } from '../base/slices.ts';
import { OWNERS_OF } from './directory.ts';

/** Up to so many holders of a number stand packed in its field; more are a set of their own. */
const MOST_PACKED = 16;

/**
 * Lua: a field holds the packed integers, four bytes each, or "set", whose length tells it from
 * those. `holders`: what stands before a bucket's number. `isAmong`: whether the packed integer holds a number.
 */
export const PACKED = defineLua({
  uses: [EACH_PLACE],
  keys: ['holders'],
  args: ['numbers'],
  lua: `
local SET = 'set'
local function find(list, item)
  for at = 1, #list, 4 do if string.sub(list, at, at + 3) == item then return at end end
end
local function setOf(bucket, field) return bucket .. ':' .. field end
local function isAmong(bucket, field, item)
  local list = redis.call('HGET', bucket, field)
  if list ~= SET then return list and find(list, item) ~= nil end
  return redis.call('SISMEMBER', setOf(bucket, field), (struct.unpack('>I4', item))) == 1
end
local function eachList(visit)
  eachPlace(holders, numbers, function(bucket, field) visit(bucket, field, redis.call('HGET', bucket, field) or '') end)
end`,
});

/**
 * Adds a holder to each number, and answers who owns it. In one step with the reading of the list: of
 * two who come at once none may be lost.
 */
const ADD = defineScript({
  uses: [PACKED, OWNERS_OF],
  args: ['me'],
  reply: as<(string | null)[]>,
  lua: `
local item = struct.pack('>I4', tonumber(me))
eachList(function(bucket, field, list)
  if list == SET then redis.call('SADD', setOf(bucket, field), me)
  elseif find(list, item) then return
  elseif #list < ${MOST_PACKED * 4} then redis.call('HSET', bucket, field, list .. item)
  else
    for at = 1, #list, 4 do redis.call('SADD', setOf(bucket, field), (struct.unpack('>I4', list, at))) end
    redis.call('SADD', setOf(bucket, field), me)
    redis.call('HSET', bucket, field, SET)
  end
end)
return ownersOf()`,
});

/** Takes a holder away from each number, in one step as `ADD`. */
const REMOVE = defineScript({
  uses: [PACKED, OWNERS_OF],
  args: ['me'],
  reply: as<(string | null)[]>,
  lua: `
local item = struct.pack('>I4', tonumber(me))
eachList(function(bucket, field, list)
  if list == SET then
    redis.call('SREM', setOf(bucket, field), me)
    if redis.call('EXISTS', setOf(bucket, field)) == 0 then redis.call('HDEL', bucket, field) end
    return
  end
  local at = find(list, item)
  if not at then return end
  if #list == 4 then redis.call('HDEL', bucket, field)
  else redis.call('HSET', bucket, field, string.sub(list, 1, at - 1) .. string.sub(list, at + 4)) end
end)
return ownersOf()`,
});

/** Who holds each number: its list, or where that is a set, the set's name after the lists. */
const OF = defineScript({
  uses: [PACKED],
  reply: as<[lists: Buffer[], sets: Buffer[]]>,
  lua: `
local lists, sets = {}, {}
eachList(function(bucket, field, list)
  lists[#lists + 1] = list ~= SET and list or ''
  sets[#sets + 1] = list == SET and setOf(bucket, field) or ''
end)
return { lists, sets }`,
});

/**
 * Who holds a number in their book, or has blocked it; needed when its owner joins later. Hashes `holders:<bucket>` (seven bytes of the
 * number key → the holders' integers, packed), partitioned as the directory is; the holders of a number that more than 16
 * hold are a set `holders:<bucket>:<field>`.
 */
export function createHolders(redis: Redis, interned: Interned, keys: Keys) {
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

  async function indexesIn(set: Buffer | string): Promise<number[]> {
    const indexes = new Set<number>();
    let cursor = '0';
    do {
      const page = await redis.sScan(set, cursor, { COUNT: SLICE });
      for (const member of page.members) indexes.add(Number(member));
      cursor = page.cursor;
    } while (cursor !== '0');
    return [...indexes];
  }

  function write(script: typeof ADD, me: number, numberKeys: readonly string[]): Promise<(string | null)[]> {
    return askPartitions(numberKeys, (partition, packed) => {
      const places = { holders: keys.holdersPart(partition), directory: keys.directoryPart(partition) };
      return script.run(redis, places, { me, numbers: packed });
    });
  }

  return {
    /** The subscriber as the index has it; undefined for none. */
    indexOf: interned.indexOf,

    /**
     * Brings the index in line with what the books of that subscriber hold of these numbers, and which of them it blocks. Returns
     * whoever owns one of them in that moment; whoever comes to own it afterwards finds the holder.
     */
    async update(
      index: number | undefined,
      numbers: readonly { numberKey: string; held: boolean }[],
    ): Promise<string[]> {
      if (index === undefined) return [];
      const [there, gone]: [string[], string[]] = [[], []];
      await eachInTurns(numbers, ({ numberKey, held }) => (held ? there : gone).push(numberKey));
      const owners = await Promise.all([write(ADD, index, there), write(REMOVE, index, gone)]);
      const owning = owners.flat().flatMap((owner) => (owner === null ? [] : [Number(owner)]));
      return (await interned.idsOf(owning)).filter((id) => id !== undefined);
    },

    /** Who holds each number all the while; whoever begins or ceases to meanwhile may be there or not. */
    async ofEach(numberKeys: readonly string[]): Promise<string[][]> {
      const found = await askPartitions(numberKeys, async (partition, numbers) => {
        const [lists, sets] = await OF.run(binary, { holders: keys.holdersPart(partition) }, { numbers });
        return lists.map((list, i) => ({ list, set: sets[i] ?? '' }));
      });
      const indexes = await Promise.all(found.map(({ list, set }) => (set.length > 0 ? indexesIn(set) : unpack(list))));
      const ids = await interned.idsOf(indexes.flat());
      let from = 0;
      return indexes.map(({ length }) => {
        from += length;
        return ids.slice(from - length, from).filter((id) => id !== undefined);
      });
    },
  };
}

function unpack(list: Buffer): number[] {
  return Array.from({ length: list.length / 4 }, (_, i) => list.readUInt32BE(4 * i));
}

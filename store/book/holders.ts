import type { Redis } from '../../runtime/redis.ts';
import type { Interned } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { askPartitions, EACH_PLACE } from '../base/partitions.ts';

/** Up to so many holders of a number stand packed in its field; more are a set of their own. */
const MOST_PACKED = 16;

// A field holds the packed integers, four bytes each, or "set", whose length tells it from those.
const PACKED = `${EACH_PLACE}
local SET = 'set'
local function find(list, item)
  for at = 1, #list, 4 do if string.sub(list, at, at + 3) == item then return at end end
end
local function setOf(bucket, field) return bucket .. ':' .. field end`;

const ADD = `${PACKED}
local me, item = ARGV[1], struct.pack('>I4', tonumber(ARGV[1]))
eachPlace(KEYS[1], ARGV[2], function(bucket, field)
  local list = redis.call('HGET', bucket, field) or ''
  if list == SET then redis.call('SADD', setOf(bucket, field), me)
  elseif find(list, item) then return
  elseif #list < ${MOST_PACKED * 4} then redis.call('HSET', bucket, field, list .. item)
  else
    for at = 1, #list, 4 do redis.call('SADD', setOf(bucket, field), (struct.unpack('>I4', list, at))) end
    redis.call('SADD', setOf(bucket, field), me)
    redis.call('HSET', bucket, field, SET)
  end
end)`;

const REMOVE = `${PACKED}
local me, item = ARGV[1], struct.pack('>I4', tonumber(ARGV[1]))
eachPlace(KEYS[1], ARGV[2], function(bucket, field)
  local list = redis.call('HGET', bucket, field) or ''
  if list == SET then
    redis.call('SREM', setOf(bucket, field), me)
    if redis.call('EXISTS', setOf(bucket, field)) == 0 then redis.call('HDEL', bucket, field) end
    return
  end
  local at = find(list, item)
  if not at then return end
  if #list == 4 then redis.call('HDEL', bucket, field)
  else redis.call('HSET', bucket, field, string.sub(list, 1, at - 1) .. string.sub(list, at + 4)) end
end)`;

const OF = `${PACKED}
local holders = {}
eachPlace(KEYS[1], ARGV[1], function(bucket, field)
  local list = redis.call('HGET', bucket, field) or ''
  if list == SET then holders = redis.call('SMEMBERS', setOf(bucket, field)) return end
  for at = 1, #list, 4 do holders[#holders + 1] = (struct.unpack('>I4', list, at)) end
end)
return holders`;

/**
 * Who holds a number in their book, or has blocked it; needed when its owner joins later. Hashes `holders:<bucket>` (seven bytes of the
 * number key → the holders' integers, packed), partitioned as the directory is; the holders of a number that more than 16
 * hold are a set `holders:<bucket>:<field>`.
 */
export function createHolders(redis: Redis, interned: Interned, keys: Keys) {
  async function write(script: string, index: number, numberKeys: readonly string[]): Promise<void> {
    await askPartitions(numberKeys, async (partition, packed) => {
      await redis.eval(script, {
        keys: [keys.holdersPart(partition)],
        arguments: [`${index}`, packed as never],
      });
      return [];
    });
  }

  return {
    /** Brings the index in line with what the subscriber's books hold of these numbers, and which of them it blocks. */
    async update(id: string, numbers: readonly { numberKey: string; held: boolean }[]): Promise<void> {
      const index = await interned.indexOf(id);
      if (index === undefined) return;
      const keysWhere = (state: boolean) =>
        numbers.flatMap(({ numberKey, held }) => (held === state ? [numberKey] : []));
      await Promise.all([write(ADD, index, keysWhere(true)), write(REMOVE, index, keysWhere(false))]);
    },

    async of(numberKey: string): Promise<string[]> {
      const [holders] = await askPartitions([numberKey], async (partition, packed) => [
        await redis.eval(OF, { keys: [keys.holdersPart(partition)], arguments: [packed as never] }),
      ]);
      const ids = await interned.idsOf((holders as (string | number)[]).map(Number));
      return ids.filter((id) => id !== undefined);
    },
  };
}

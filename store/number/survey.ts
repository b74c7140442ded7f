import { inBatches, sideBySide } from '../../runtime/batches.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { IS_BARE } from '../base/bare.ts';
import type { Interned } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { EACH_PLACE, packIntegers } from '../base/packed-numbers.ts';
import { byPartition, PARTITIONS, packNumberKey } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { PACKED } from './holders.ts';

/**
 * What a round knows of a subscriber at first. `index`: its integer. `bare`: it has no book, no friends, and nothing to do with a
 * block. `blocks`: it blocks somebody. `running`: its reconcile job is under way, and may go by what was so before the round began.
 */
export type Glance = { index: number; bare: boolean; blocks: boolean; running: boolean };

/** Somebody's integer and numbers that its books hold or that it blocks. */
export type Holding = { index: number; numberKeys: readonly string[] };

/** Numbers that one script looks up, and such scripts of one question that are under way: Redis serves nobody else meanwhile. */
const NUMBERS_AT_ONCE = 100;
const IN_FLIGHT = 2;

/** Answers four words for each. `places`: of each its record, its book, its blocks, and three more keys that do not exist where it is bare (see `IS_BARE`). */
const GLANCE = defineScript({
  uses: [IS_BARE],
  keys: ['running'],
  keyList: 'places',
  lists: ['ids'],
  reply: as<string[]>,
  lua: `
local found = {}
for i, id in ipairs(ids) do
  local at = 6 * i - 5
  local index = redis.call('HGET', places[at], 'index') or ''
  local bare = isBare(unpack(places, at + 1, at + 5))
  found[#found + 1] = index
  found[#found + 1] = bare and '1' or ''
  found[#found + 1] = (not bare and redis.call('EXISTS', places[at + 2]) == 1) and '1' or ''
  found[#found + 1] = redis.call('HEXISTS', running, id) == 1 and '1' or ''
end
return found`,
});

/**
 * For numbers of one partition; the subscriber who holds each is in `holding`, as a packed integer.
 * Answers those subscribers who are missing in the reverse index of one of their numbers; and for
 * each number that somebody owns the subscriber who holds it, followed by its owner.
 */
const ENTERED = defineScript({
  uses: [PACKED, EACH_PLACE],
  keys: ['directory'],
  args: ['holding'],
  reply: as<[missing: number[], owners: (number | string)[]]>,
  lua: `
local missing, owners, at = {}, {}, 1
eachPlace('', numbers, function(bucket, field)
  local item = string.sub(holding, at, at + 3)
  local me = (struct.unpack('>I4', item))
  at = at + 4
  if not isAmong(holders .. bucket, field, item) then missing[#missing + 1] = me end
  local owner = redis.call('HGET', directory .. bucket, field)
  if owner then
    owners[#owners + 1] = me
    owners[#owners + 1] = owner
  end
end)
return { missing, owners }`,
});

/** Reads a little of many subscribers with few commands: a round finds by it for whom nothing is to be done. Writes nothing. */
export function createSurvey(redis: Redis, interned: Interned, keys: Keys) {
  return {
    /** Undefined for whom there is no record. */
    async glance(ids: readonly string[]): Promise<Map<string, Glance>> {
      const glances = new Map<string, Glance>();
      await Promise.all(
        [...byPartition(ids)].map(async ([partition, part]) => {
          const places = part.flatMap((id) => [
            ...[keys.subscriber(id), keys.book(id)],
            ...[keys.blocked(id), keys.friends(id), keys.barred(id), keys.sources(id)],
          ]);
          const found = await GLANCE.run(redis, { running: keys.running(partition), places }, { ids: part });
          for (const [i, id] of part.entries()) {
            const [index = '', ...is] = found.slice(4 * i, 4 * i + 4);
            const [bare, blocks, running] = is.map((one) => one === '1') as [boolean, boolean, boolean];
            if (index !== '') glances.set(id, { index: Number(index), bare, blocks, running });
          }
        }),
      );
      return glances;
    },

    /** Integers of those who are missing among the holders of a number, and for each the ids of those who own one of the numbers. */
    async entered(all: readonly Holding[]): Promise<{ missing: Set<number>; owners: Map<number, string[]> }> {
      const missing = new Set<number>();
      const owned: { holder: number; owner: number }[] = [];
      const questions = partsOf(all).flatMap((part, partition) =>
        inBatches(part, NUMBERS_AT_ONCE).map((some) => ({ partition, some })),
      );
      const { failure } = await sideBySide(questions, IN_FLIGHT, async ({ partition, some }) => {
        const places = { directory: keys.directoryPart(partition), holders: keys.holdersPart(partition) };
        const numbers = Buffer.concat(some.map(({ packed }) => packed));
        const holding = packIntegers(some.map(({ index }) => index));
        const [away, pairs] = await ENTERED.run(redis, places, { numbers, holding });
        for (const index of away) missing.add(index);
        for (const [holder, owner] of inBatches(pairs.map(Number), 2) as [number, number][])
          owned.push({ holder, owner });
      });
      if (failure) throw failure.reason;
      const ids = await interned.idsOf(owned.map(({ owner }) => owner));
      const owners = new Map<number, string[]>();
      for (const [i, { holder }] of owned.entries())
        owners.set(holder, [...(owners.get(holder) ?? []), ...(ids[i] === undefined ? [] : [ids[i]])]);
      return { missing, owners };
    },
  };
}

function partsOf(all: readonly Holding[]): { index: number; packed: Buffer }[][] {
  const parts = Array.from({ length: PARTITIONS }, (): { index: number; packed: Buffer }[] => []);
  for (const { index, numberKeys } of all)
    for (const numberKey of numberKeys) {
      const packed = packNumberKey(numberKey);
      parts[packed.readUInt16BE(0) % PARTITIONS]?.push({ index, packed });
    }
  return parts;
}

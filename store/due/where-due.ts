import { isSingle, type Redis } from '../../runtime/redis/redis.ts';
import type { DueName, Keys } from '../base/keys.ts';
import { allPartitions } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';

/** Scores of a due list, both ends included. */
export type Range = readonly [from: number | '-inf', to: number | '+inf'];

/** The partitions of each due list in which somebody stands; none of a list in which nobody does. */
export type WhereDue = ReadonlyMap<DueName, readonly number[]>;

/** Which of these lists, counted from 1, have somebody in one of the ranges. Nothing is written, so nobody is late for having asked. */
const FIND = defineScript({
  keyList: 'dues',
  lists: ['ranges'],
  reply: as<number[]>,
  lua: `
local found = {}
local function isIn(due, from, to) return #redis.call('ZRANGEBYSCORE', due, from, to, 'LIMIT', 0, 1) > 0 end
for i, due in ipairs(dues) do
  for j = 1, #ranges, 2 do
    if isIn(due, ranges[j], ranges[j + 1]) then
      found[#found + 1] = i
      break
    end
  end
end
return found`,
});

/**
 * Where anybody is due, for those who look every second and nearly always find nobody: one question for all partitions of
 * all these lists, or for each partition in a cluster.
 */
export async function whereDue(
  redis: Redis,
  keys: Keys,
  names: readonly DueName[],
  ranges: readonly Range[],
): Promise<WhereDue> {
  const parts = isSingle(redis) ? [allPartitions()] : allPartitions().map((partition) => [partition]);
  const found = await Promise.all(parts.map((partitions) => findIn(redis, keys, names, ranges, partitions)));
  const where = new Map<DueName, number[]>();
  for (const { name, partition } of found.flat()) where.set(name, [...(where.get(name) ?? []), partition]);
  return where;
}

async function findIn(
  redis: Redis,
  keys: Keys,
  names: readonly DueName[],
  ranges: readonly Range[],
  partitions: readonly number[],
): Promise<{ name: DueName; partition: number }[]> {
  const lists = names.flatMap((name) => partitions.map((partition) => ({ name, partition })));
  const dues = lists.map(({ name, partition }) => keys.duePart(name, partition));
  const places = await FIND.run(redis, { dues }, { ranges: ranges.flat() });
  return places.flatMap((place) => lists[place - 1] ?? []);
}

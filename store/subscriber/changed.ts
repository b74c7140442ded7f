import type { Redis } from '../../runtime/redis/redis.ts';
import type { Interned } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { allPartitions } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { changedPartKeys, SPAN, THIS_SECOND } from './changed-script.ts';

/** A place among the changes of one partition. `second`: of the last change in its hash; `field`: in that hash, -1 before the first. */
export type ChangedPlace = { second: number; span: number; field: number };

/** Somebody at such a place; no `id` for who is forgotten. */
export type ChangedOne = { place: ChangedPlace; id: string | undefined };

/** Hashes that are looked at before it is asked whether there are enough. */
const SOME = 16;

/** Where the changes of a partition stand now. It is noted, so that no change comes before a second that somebody was told, whatever the clock does. */
const NOW = defineScript({
  uses: [THIS_SECOND],
  reply: Number,
  lua: `
local second = thisSecond()
redis.call('ZADD', changes, second, 'asked')
return second`,
});

/**
 * The places after the one that is named of those who changed at `since` or later: `most` or a few more, fewer only at the end. Answers
 * second, span and field of each. A hash comes by its last change: who changes after it was read moves it on, and is met again.
 */
const READ = defineScript({
  keys: ['changes', 'changed'],
  args: ['since', 'second', 'span', 'field', 'most'],
  reply: as<number[]>,
  lua: `
since, second, field = tonumber(since), tonumber(second), tonumber(field)
local found, offset, from = {}, 0, string.format('%.0f', math.max(since, second))
local function add(one, at)
  local isHalfRead = at == second and one == span
  local fields, all = {}, redis.call('HGETALL', changed .. one)
  for i = 1, #all, 2 do
    local its = tonumber(all[i])
    if tonumber(all[i + 1]) >= since and not (isHalfRead and its <= field) then fields[#fields + 1] = its end
  end
  table.sort(fields)
  for _, its in ipairs(fields) do
    found[#found + 1] = at
    found[#found + 1] = tonumber(one)
    found[#found + 1] = its
  end
end
repeat
  local page = redis.call('ZRANGEBYSCORE', changes, from, '+inf', 'WITHSCORES', 'LIMIT', offset, ${SOME})
  for i = 1, #page, 2 do
    local at = tonumber(page[i + 1])
    -- Of one second they stand in the order of their texts.
    if at ~= second or page[i] >= span then add(page[i], at) end
  end
  offset = offset + #page / 2
until #page == 0 or #found >= 3 * most
return found`,
});

/**
 * When what the list of subscribers tells of somebody has changed, to the second: for each partition hashes `changed:<n>` (of 1,024
 * integers those that belong there → seconds since the epoch), and sorted set `changes` (n → the newest of these, and `asked` → the last
 * second that was told).
 */
export function createChanged(redis: Redis, interned: Interned, keys: Keys) {
  return {
    /** Seconds since the epoch: who changes from now on has changed at that second or later. */
    async now(): Promise<number> {
      const parts = allPartitions().map((partition) => NOW.run(redis, { changes: keys.changes(partition) }, {}));
      return Math.min(...(await Promise.all(parts)));
    },

    /**
     * Those of a partition who have changed at `since` or later (seconds since the epoch), after that place; `most` or a few more. There
     * are no more where it is fewer. Whoever changes meanwhile comes again, and nobody is left out.
     */
    async after(
      partition: number,
      { second, span, field }: ChangedPlace,
      since: number,
      most: number,
    ): Promise<ChangedOne[]> {
      const found = await READ.run(redis, changedPartKeys(keys, partition), { since, second, span, field, most });
      const places: ChangedPlace[] = [];
      for (let i = 0; i + 2 < found.length; i += 3) {
        const [at = 0, one = 0, its = 0] = found.slice(i, i + 3);
        places.push({ second: at, span: one, field: its });
      }
      const ids = await interned.idsOf(places.map((place) => place.span * SPAN + place.field));
      return places.map((place, i) => ({ place, id: ids[i] }));
    },
  };
}

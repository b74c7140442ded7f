import { inBatches } from '../../runtime/batches.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { as, defineScript } from '../base/script.ts';
import { slicesOf } from '../base/slices.ts';
import { AGAIN } from '../due/due.ts';
import { aFraction } from '../due/watched.ts';

/** In which line somebody waits. `first`: of whom something may be to be seen no more; `due`: who has changed; `roll`: whoever there is. */
export type Line = 'first' | 'due' | 'roll';

/** One that is to be looked at. `again`: to when it was put off there, by which `settle` knows whether anybody has asked since. */
export type TakenOne = { id: string; line: Line; again: number };

/**
 * To be looked at now, or when it was to be anyway, if that is earlier: who changes again and again
 * keeps its place. Of one who was taken the fraction goes, by which `SETTLE` sees it.
 */
const ASK = defineScript({
  keys: ['due'],
  args: ['now'],
  lists: ['ids'],
  lua: `
for _, id in ipairs(ids) do
  local was = math.floor(tonumber(redis.call('ZSCORE', due, id) or now))
  redis.call('ZADD', due, string.format('%.0f', math.min(was, now)), id)
end`,
});

/**
 * Those of `first` whose time has come, or where there are none those of `due` and with them one of `roll` at least, unless `most` is one: whoever changes
 * does not wait for everybody, and everybody is told in the end. Up to `most`; their ids and their line in turn. Who is taken from a
 * line waits in none behind it, so that nobody has it twice at once; who is taken from `due` may have an end to come in `first`, which a refused event
 * must not put off.
 */
const TAKE = defineScript({
  keys: ['first', 'due', 'roll'],
  args: ['now', 'again', 'most'],
  reply: as<string[]>,
  lua: `
local taken = {}
local function take(line, name, count, behind)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', line, '-inf', now, 'LIMIT', 0, count)) do
    for _, other in ipairs(behind) do redis.call('ZREM', other, id) end
    redis.call('ZADD', line, again, id)
    taken[#taken + 1] = id
    taken[#taken + 1] = name
  end
end
take(first, 'first', most, { due, roll })
if #taken == 0 then
  take(due, 'due', math.max(most - 1, 1), { roll })
  take(roll, 'roll', most - #taken / 2, {})
end
return taken`,
});

/**
 * To be looked at again at the time `later`, or where that is empty no more; unless somebody has asked since it was taken. What time
 * alone changes is an end, or hides nobody: it goes first.
 */
const SETTLE = defineScript({
  keys: ['first', 'line'],
  args: ['id', 'again', 'later'],
  lua: `
if tonumber(redis.call('ZSCORE', line, id) or 0) == tonumber(again) then redis.call('ZREM', line, id) end
if later ~= '' then redis.call('ZADD', first, 'LT', later, id) end`,
});

/** To be looked at again at the time `later`, in the same line, whoever has asked since for an earlier one apart. */
const PUT_OFF = defineScript({
  keys: ['line'],
  args: ['id', 'again', 'later'],
  lua: `
if tonumber(redis.call('ZSCORE', line, id) or 0) == tonumber(again) then redis.call('ZADD', line, later, id) end`,
});

/** Where both lines of a subscription are. */
export function linesOf({ sink }: Keys, subscription: string): Record<Line, string> {
  return { first: sink.first(subscription), due: sink.due(subscription), roll: sink.roll(subscription) };
}

/**
 * Whom a subscription's sink is to be told of: sorted sets `first`, `due` and `roll` (subscribers to look at, by when: milliseconds since
 * the epoch). `first`: of whom something may be to be seen no more, and when time alone changes something; `roll`: everybody, where all is told anew, or
 * nobody knows who has changed.
 */
export function createSinkLines(redis: Redis, keys: Keys) {
  const lines = (subscription: string) => linesOf(keys, subscription);

  return {
    /** These are to be looked at. */
    async ask(subscription: string, ids: readonly string[], now: number, line: Line = 'due'): Promise<void> {
      for (const some of slicesOf(ids)) await ASK.run(redis, { due: lines(subscription)[line] }, { now, ids: some });
    },

    /** Up to `most` of those whose time has come. They are put off for ten seconds, should this process die. */
    async take(subscription: string, now: number, most: number): Promise<TakenOne[]> {
      const again = now + AGAIN + aFraction();
      const words = await TAKE.run(redis, lines(subscription), { now, again, most });
      return inBatches(words, 2).map(([id = '', line]) => ({ id, line: line as Line, again }));
    },

    /** Looked at; `later`: when time alone changes something. */
    async settle(subscription: string, { id, line, again }: TakenOne, later: number | undefined): Promise<void> {
      const places = { first: lines(subscription).first, line: lines(subscription)[line] };
      await SETTLE.run(redis, places, { id, again, later });
    },

    /** To be looked at again then, in the same line. */
    async putOff(subscription: string, { id, line, again }: TakenOne, later: number): Promise<void> {
      await PUT_OFF.run(redis, { line: lines(subscription)[line] }, { id, again, later });
    },

    /** When the next is to be looked at, in milliseconds since the epoch. */
    async first(subscription: string): Promise<number | undefined> {
      const all = Object.values(lines(subscription)).map((line) => redis.zRangeWithScores(line, 0, 0));
      const scores = (await Promise.all(all)).flatMap(([one]) => (one ? [one.score] : []));
      return scores.length > 0 ? Math.min(...scores) : undefined;
    },

    /** How many are to be looked at by `now`; who is in two lines counts twice. Of `first`, where ends that are to come are, too, nobody does whose time has not come. */
    async waiting(subscription: string, now: number): Promise<number> {
      const { first, due, roll } = lines(subscription);
      const counts = await Promise.all([redis.zCount(first, '-inf', now), redis.zCard(due), redis.zCard(roll)]);
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

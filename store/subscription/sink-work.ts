import { DOUBTED, type ToldSink } from '../../domain/subscription/known.ts';
import { inBatches } from '../../runtime/batches.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { type Fence, IS_STILL, newFence } from '../base/fence.ts';
import { scanFields, scannedFields } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { as, asYes, defineScript } from '../base/script.ts';
import { askSlices, slicesOf } from '../base/slices.ts';
import { AGAIN } from '../due/due.ts';
import { aFraction } from '../due/watched.ts';

/**
 * How it goes with a subscription. `events`: that the sink has taken; `failures`: one after the other since `failingSince`; `next`:
 * not before that time is it tried again; `walked`: pages of all subscribers that were looked at before it began. Times:
 * milliseconds since the epoch.
 */
export type Progress = {
  events: number;
  failures: number;
  failingSince: number | undefined;
  next: number;
  walked: number;
};

/** What else is noted with what a sink was told: that it has taken an event; that it was told of no friend; and which of them come, or go. */
export type Noted = { taken?: boolean; anew?: boolean; come?: readonly string[]; gone?: readonly string[] };

/** In which line somebody waits: `first`: of whom something may be to be seen no more. */
export type Line = 'first' | 'due';

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
 * Those of `first` whose time has come, or where there are none those of `due`, up to `most`; their ids and their line in turn. Who is taken from
 * `first` waits there alone, put off, so that nobody has it twice at once; who is taken from `due` may have an end to come in `first`, which a refused event
 * must not put off.
 */
const TAKE = defineScript({
  keys: ['first', 'due'],
  args: ['now', 'again', 'most'],
  reply: as<string[]>,
  lua: `
local taken = {}
local function take(line, name)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', line, '-inf', now, 'LIMIT', 0, most)) do
    if name == 'first' then redis.call('ZREM', due, id) end
    redis.call('ZADD', line, again, id)
    taken[#taken + 1] = id
    taken[#taken + 1] = name
  end
end
take(first, 'first')
if #taken == 0 then take(due, 'due') end
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

/**
 * Notes what a sink was told of somebody, if no other run of the job has begun meanwhile, which would
 * note something else. `taken`: it has taken an event, which is counted, and ends its failures.
 * `anew`: of no friend was it told. Answers the count, or -1 for who was overtaken.
 */
const NOTE = defineScript({
  uses: [IS_STILL],
  keys: ['progress', 'told', 'friends'],
  args: ['fence', 'id', 'value', 'taken', 'anew'],
  lists: ['come', 'gone'],
  reply: as<number>,
  lua: `
if not isStill(progress, 'fence', fence) then return -1 end
if value == '' then redis.call('HDEL', told, id) else redis.call('HSET', told, id, value) end
if value == '' or anew == '1' then redis.call('UNLINK', friends) end
for _, friend in ipairs(come) do redis.call('HSET', friends, friend, '') end
for _, friend in ipairs(gone) do redis.call('HDEL', friends, friend) end
if taken == '1' then
  redis.call('HDEL', progress, 'failures', 'failingSince', 'next')
  redis.call('HINCRBY', progress, 'events', 1)
end
return tonumber(redis.call('HGET', progress, 'events') or 0)`,
});

/** Counts a failure, and answers how many there were, and since when; nothing for who was overtaken. */
const FAIL = defineScript({
  uses: [IS_STILL],
  keys: ['progress'],
  args: ['fence', 'now'],
  reply: as<[] | [failures: number, since: string]>,
  lua: `
if not isStill(progress, 'fence', fence) then return {} end
redis.call('HSETNX', progress, 'failingSince', now)
return { redis.call('HINCRBY', progress, 'failures', 1), redis.call('HGET', progress, 'failingSince') }`,
});

/** Not to be tried before that time; nothing by who was overtaken. */
const PAUSE = defineScript({
  uses: [IS_STILL],
  keys: ['progress'],
  args: ['fence', 'next'],
  lua: `if isStill(progress, 'fence', fence) then redis.call('HSET', progress, 'next', next) end`,
});

/** Its failures are over; not for who was overtaken, as another run may have failed since. */
const RESUME = defineScript({
  uses: [IS_STILL],
  keys: ['progress'],
  args: ['fence'],
  reply: asYes,
  lua: `
if not isStill(progress, 'fence', fence) then return 0 end
redis.call('HDEL', progress, 'failures', 'failingSince', 'next')
return 1`,
});

const WALKED = defineScript({
  uses: [IS_STILL],
  keys: ['progress'],
  args: ['fence', 'pages'],
  lua: `if isStill(progress, 'fence', fence) then redis.call('HSET', progress, 'walked', pages) end`,
});

/** What the sink was told of these is in doubt; nothing by who was overtaken. `friends`: their hashes. */
const DOUBT = defineScript({
  uses: [IS_STILL],
  keys: ['progress', 'told'],
  keyList: 'friends',
  args: ['fence', 'value'],
  lists: ['ids'],
  reply: asYes,
  lua: `
if not isStill(progress, 'fence', fence) then return 0 end
for _, id in ipairs(ids) do redis.call('HSET', told, id, value) end
for _, one in ipairs(friends) do redis.call('UNLINK', one) end
return 1`,
});

/** What is noted as told while the friends of somebody are written, as what is told silently. */
const UNFINISHED = '{"unfinished":true}';

/**
 * What is told silently when a subscription begins: of somebody whose changes are under way it is left to these. The friends come in
 * slices, one that `opens` and one that `closes`, before which nothing counts as told: who dies in between begins anew. False where the rest is of no use.
 */
const BASELINE = defineScript({
  uses: [IS_STILL],
  keys: ['progress', 'first', 'due', 'told', 'friends'],
  args: ['fence', 'id', 'value', 'later', 'opens', 'closes'],
  lists: ['come'],
  reply: asYes,
  lua: `
if not isStill(progress, 'fence', fence) or redis.call('ZSCORE', due, id) or redis.call('ZSCORE', first, id) then return 0 end
local was = redis.call('HGET', told, id)
if was and was ~= '${UNFINISHED}' then return 1 end
if opens == '1' then redis.call('UNLINK', friends) end
for _, friend in ipairs(come) do redis.call('HSET', friends, friend, '') end
redis.call('HSET', told, id, closes == '1' and value or '${UNFINISHED}')
if closes == '1' and later ~= '' then redis.call('ZADD', first, later, id) end
return 1`,
});

/**
 * What is to be done for each subscription, in a slot of its own: sorted sets `first` and `due` (subscribers to look at, by when: milliseconds
 * since the epoch; the former of whom something may be to be seen no more, and when time alone changes something), hash `told` (subscriber → what the sink was told, as JSON of a `ToldSink`; no number, name or title), for each of
 * these that has friends of whom the sink was told a hash `friends` (their ids, each with nothing), so that an event costs a write of its own size, hash
 * `progress` (see `Progress`; `fence`: of the run of its job that began last).
 */
export function createSinkWork(redis: Redis, keys: Keys) {
  const { first, due, told, friends, progress } = keys.sink;
  const lines = (subscription: string) => ({ first: first(subscription), due: due(subscription) });

  /** Their hashes of friends, before what says whose there are. */
  async function dropFriends(subscription: string): Promise<void> {
    for await (const ids of scanFields(redis, told(subscription)))
      for (const some of slicesOf(ids)) await redis.unlink(some.map((id) => friends(subscription, id)));
  }

  const placesOf = (subscription: string, id: string) => ({
    progress: progress(subscription),
    told: told(subscription),
    friends: friends(subscription, id),
  });

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
      const places = { first: first(subscription), line: lines(subscription)[line] };
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

    async waiting(subscription: string): Promise<number> {
      const counts = await Promise.all(Object.values(lines(subscription)).map((line) => redis.zCard(line)));
      return counts.reduce((sum, count) => sum + count, 0);
    },

    async told(subscription: string, id: string): Promise<ToldSink> {
      const json = await redis.hGet(told(subscription), id);
      return json === null ? { known: undefined } : (JSON.parse(json) as ToldSink);
    },

    /** The ids of the subscriber's friends of whom the sink was told. */
    async friendsTold(subscription: string, id: string): Promise<string[]> {
      return scannedFields(redis, friends(subscription, id));
    },

    /** Of which of these the sink was told anything. */
    async knows(subscription: string, ids: readonly string[]): Promise<boolean[]> {
      const found = await askSlices(ids, (some) => redis.hmGet(told(subscription), some));
      return found.map((json) => json !== null);
    },

    /** Notes it for the run with that fence: how many events the sink has taken; undefined for one that was overtaken. */
    async note(
      subscription: string,
      fence: Fence,
      id: string,
      value: ToldSink,
      { taken = false, anew = false, come = [], gone = [] }: Noted = {},
    ): Promise<number | undefined> {
      const json = value.known || value.doubt ? JSON.stringify(value) : '';
      const places = placesOf(subscription, id);
      const words = { fence, id, value: json, taken: taken ? 1 : 0, anew: anew ? 1 : 0, come, gone };
      const count = await NOTE.run(redis, places, words);
      return count < 0 ? undefined : count;
    },

    /**
     * The subscription begins with this, and these friends, known of somebody; false where something about it is under way, or another
     * run. `later`: as for `settle`.
     */
    async baseline(
      subscription: string,
      fence: Fence,
      id: string,
      { value, come, later }: { value: ToldSink; come: readonly string[]; later: number | undefined },
    ): Promise<boolean> {
      const places = { ...placesOf(subscription, id), ...lines(subscription) };
      const slices = come.length > 0 ? slicesOf(come) : [[]];
      const words = { fence, id, value: JSON.stringify(value), later };
      for (const [i, some] of slices.entries()) {
        const [opens, closes] = [i === 0 ? 1 : 0, i === slices.length - 1 ? 1 : 0];
        if (!(await BASELINE.run(redis, places, { ...words, opens, closes, come: some }))) return false;
      }
      return true;
    },

    /** Everybody of whom the sink was told anything, a page at a time, some of them twice. */
    everybodyTold(subscription: string): AsyncGenerator<string[]> {
      return scanFields(redis, told(subscription));
    },

    /** Nobody knows what the sink was told of these, at most `SLICE`: it is to be told of all; false for a run that was overtaken. */
    async doubt(subscription: string, fence: Fence, ids: readonly string[]): Promise<boolean> {
      const places = { progress: progress(subscription), told: told(subscription) };
      const theirs = ids.map((id) => friends(subscription, id));
      return DOUBT.run(redis, { ...places, friends: theirs }, { fence, value: JSON.stringify(DOUBTED), ids });
    },

    /** A run of the job begins: others that are still under way note nothing more. */
    async begin(subscription: string): Promise<Fence> {
      const fence = newFence();
      await redis.hSet(progress(subscription), 'fence', fence);
      return fence;
    },

    async progress(subscription: string): Promise<Progress> {
      const { events, failures, failingSince, next, walked } = await redis.hGetAll(progress(subscription));
      return {
        events: Number(events ?? 0),
        failures: Number(failures ?? 0),
        failingSince: failingSince === undefined ? undefined : Number(failingSince),
        next: Number(next ?? 0),
        walked: Number(walked ?? 0),
      };
    },

    /** Undefined for a run that was overtaken. */
    async fail(
      subscription: string,
      fence: Fence,
      now: number,
    ): Promise<{ failures: number; since: number } | undefined> {
      const [failures, since] = await FAIL.run(redis, { progress: progress(subscription) }, { fence, now });
      return failures === undefined ? undefined : { failures, since: Number(since) };
    },

    /** Not to be tried before that time, if the run with that fence is still the last. */
    async pause(subscription: string, fence: Fence, next: number): Promise<void> {
      await PAUSE.run(redis, { progress: progress(subscription) }, { fence, next });
    },

    /** It goes on as if it had never failed; false by who was overtaken. */
    async resume(subscription: string, fence: Fence): Promise<boolean> {
      return RESUME.run(redis, { progress: progress(subscription) }, { fence });
    },

    /** Nothing by who was overtaken. */
    async walked(subscription: string, fence: Fence, pages: number): Promise<void> {
      await WALKED.run(redis, { progress: progress(subscription) }, { fence, pages });
    },

    /** It is over: what its sink was told is nobody's business any more. */
    async drop(subscription: string): Promise<void> {
      await dropFriends(subscription);
      await redis
        .multi()
        .unlink([...Object.values(lines(subscription)), told(subscription)])
        .exec();
    },

    async forget(subscription: string): Promise<void> {
      await dropFriends(subscription);
      await redis.unlink([...Object.values(lines(subscription)), told(subscription), progress(subscription)]);
    },
  };
}

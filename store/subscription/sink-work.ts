import { DOUBTED, type ToldSink } from '../../domain/subscription/known.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { type Fence, IS_STILL } from '../base/fence.ts';
import { fieldsFrom, scanFields, scannedFields } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { readRecord } from '../base/record.ts';
import { as, asYes, defineScript } from '../base/script.ts';
import { askSlices, slicesOf } from '../base/slices.ts';
import { createSinkHolder } from './sink-holder.ts';
import { createSinkLines, linesOf } from './sink-lines.ts';
import { createSinkProgress } from './sink-progress.ts';
import { createSinkSent, LEAVE_OUT } from './sink-sent.ts';

/** What else is noted with what a sink was told: that it has taken an event; that it was told of no friend; and which of them come, or go. */
export type Noted = { taken?: boolean; anew?: boolean; come?: readonly string[]; gone?: readonly string[] };

/** `since`: the older data since which that is known (see `service/telling/known-anew`), for as long as that matters and a while longer. */
export type StoredTold = ToldSink & { since?: string | undefined };

/**
 * Notes what a sink was told of somebody, if no other run of the job has begun meanwhile, which would
 * note something else. `taken`: it has taken an event, which is counted, and ends its failures.
 * `anew`: of no friend was it told. Answers the count, or -1 for who was overtaken.
 */
const NOTE = defineScript({
  uses: [IS_STILL, LEAVE_OUT],
  keys: ['told', 'friends'],
  args: ['fence', 'id', 'value', 'taken', 'anew'],
  lists: ['come', 'gone'],
  reply: as<number>,
  lua: `
if not isStill(progress, 'fence', fence) then return -1 end
if value == '' then
  redis.call('HDEL', told, id)
  leaveOut(id)
else redis.call('HSET', told, id, value) end
if value == '' or anew == '1' then redis.call('UNLINK', friends) end
for _, friend in ipairs(come) do redis.call('HSET', friends, friend, '') end
for _, friend in ipairs(gone) do redis.call('HDEL', friends, friend) end
if taken == '1' then
  redis.call('HDEL', progress, 'failures', 'failingSince', 'next')
  redis.call('HINCRBY', progress, 'events', 1)
end
return tonumber(redis.call('HGET', progress, 'events') or 0)`,
});

/** What the sink was told of these is in doubt, but for what is known `unless` of older data; nothing by who was overtaken. `friends`: their hashes. */
const DOUBT = defineScript({
  uses: [IS_STILL],
  keys: ['progress', 'told'],
  keyList: 'friends',
  args: ['fence', 'value', 'unless'],
  lists: ['ids'],
  reply: asYes,
  lua: `
if not isStill(progress, 'fence', fence) then return 0 end
for i, id in ipairs(ids) do
  local was = unless ~= '' and redis.call('HGET', told, id)
  if not (was and cjson.decode(was).since == unless) then
    redis.call('HSET', told, id, value)
    redis.call('UNLINK', friends[i])
  end
end
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
 * What is to be done for each subscription, in a slot of its own: whom to look at (`sink-lines`), how it goes (`sink-progress`), what of it was sent
 * to whoever is connected for a stream (`sink-sent`), a hash `told`
 * (subscriber → what the sink was told, as JSON of a `ToldSink`; no number, name or title), and for each of these that has friends of whom the sink was
 * told a hash `friends` (their ids, each with nothing), so that an event costs a write of its own size.
 */
export function createSinkWork(redis: Redis, keys: Keys) {
  const { told, friends, progress, sent } = keys.sink;
  const lines = (subscription: string) => linesOf(keys, subscription);

  /** Their hashes of friends, before what says whose there are. */
  async function dropFriends(subscription: string): Promise<void> {
    for await (const ids of scanFields(redis, told(subscription)))
      for (const some of slicesOf(ids)) await redis.unlink(some.map((id) => friends(subscription, id)));
  }

  const placesOf = (subscription: string, id: string) => ({
    progress: progress(subscription),
    sent: sent(subscription),
    told: told(subscription),
    friends: friends(subscription, id),
  });

  return {
    ...createSinkLines(redis, keys),
    ...createSinkProgress(redis, keys),
    ...createSinkHolder(redis, keys),
    ...createSinkSent(redis, keys),

    async told(subscription: string, id: string): Promise<StoredTold> {
      const json = await redis.hGet(told(subscription), id);
      return json === null ? { known: undefined } : readRecord<StoredTold>(json, 'what a sink was told');
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
      value: StoredTold,
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

    /** One page of them, as `fieldsFrom` gives it. */
    toldFrom(subscription: string, place: string): Promise<{ fields: string[]; next: string | undefined }> {
      return fieldsFrom(redis, told(subscription), place);
    },

    /**
     * Nobody knows what the sink was told of these, at most `SLICE`: it is to be told of all; false for a run that was overtaken. `since`: the older data
     * for which it is so; `unless`: those since which what is known of somebody stays, as it was in doubt for them already.
     */
    async doubt(
      subscription: string,
      fence: Fence,
      ids: readonly string[],
      { since, unless }: { since?: string | undefined; unless?: string | undefined } = {},
    ): Promise<boolean> {
      const places = { progress: progress(subscription), told: told(subscription) };
      const theirs = ids.map((id) => friends(subscription, id));
      const value = JSON.stringify({ ...DOUBTED, since });
      return DOUBT.run(redis, { ...places, friends: theirs }, { fence, value, unless, ids });
    },

    /** It is over: what its sink was told is nobody's business any more. */
    async drop(subscription: string): Promise<void> {
      await dropFriends(subscription);
      await redis
        .multi()
        .unlink([...Object.values(lines(subscription)), told(subscription), sent(subscription)])
        .exec();
    },

    /** Whether there was anything. */
    async forget(subscription: string): Promise<boolean> {
      await dropFriends(subscription);
      const count = await redis.unlink([
        ...Object.values(lines(subscription)),
        ...[told(subscription), sent(subscription), progress(subscription)],
      ]);
      return count > 0;
    },
  };
}

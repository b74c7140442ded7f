import type { Redis } from '../../runtime/redis/redis.ts';
import { type Fence, IS_STILL, newFence } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { as, asYes, defineScript } from '../base/script.ts';

/**
 * How it goes with a subscription. `events`: that the sink has taken; `failures`: one after the other since `failingSince`; `next`:
 * not before that time is it tried again; `walked`: pages of all subscribers that were looked at before it began; `seen`: when somebody was
 * connected for a stream. Times: milliseconds since the epoch.
 */
export type Progress = {
  events: number;
  failures: number;
  failingSince: number | undefined;
  next: number;
  walked: number;
  seen: number;
};

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
  reply: asYes,
  lua: `
if not isStill(progress, 'fence', fence) then return 0 end
redis.call('HSET', progress, 'walked', pages)
return 1`,
});

const SEE = defineScript({
  uses: [IS_STILL],
  keys: ['progress'],
  args: ['fence', 'now'],
  lua: `if isStill(progress, 'fence', fence) then redis.call('HSET', progress, 'seen', now) end`,
});

const RESTORING = defineScript({
  uses: [IS_STILL],
  keys: ['progress'],
  args: ['fence', 'place'],
  reply: asYes,
  lua: `
if not isStill(progress, 'fence', fence) then return 0 end
redis.call('HSET', progress, 'restoring', place)
return 1`,
});

/** How it goes with each subscription: a hash `progress` (see `Progress`; `fence`: of the run of its job that began last; `restoring`:
 * see `service/telling/restored`). */
export function createSinkProgress(redis: Redis, keys: Keys) {
  const { progress } = keys.sink;

  return {
    /** A run of the job begins: others that are still under way note nothing more. */
    async begin(subscription: string): Promise<Fence> {
      const fence = newFence();
      await redis.hSet(progress(subscription), 'fence', fence);
      return fence;
    },

    /** Of which run the last is, and the position of what was sent last to whoever is connected for a stream. */
    async standing(subscription: string): Promise<{ fence: Fence | undefined; position: number }> {
      const [fence, position] = await redis.hmGet(progress(subscription), ['fence', 'position']);
      return { fence: fence ?? undefined, position: Number(position ?? 0) };
    },

    /** Somebody is connected; nothing by who was overtaken. */
    async see(subscription: string, fence: Fence, now: number): Promise<void> {
      await SEE.run(redis, { progress: progress(subscription) }, { fence, now });
    },

    async progress(subscription: string): Promise<Progress> {
      const { events, failures, failingSince, next, walked, seen } = await redis.hGetAll(progress(subscription));
      return {
        events: Number(events ?? 0),
        failures: Number(failures ?? 0),
        failingSince: failingSince === undefined ? undefined : Number(failingSince),
        next: Number(next ?? 0),
        walked: Number(walked ?? 0),
        seen: Number(seen ?? 0),
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

    /** How far it has come that all is told anew; empty where that has not begun. */
    async restoring(subscription: string): Promise<string> {
      return (await redis.hGet(progress(subscription), 'restoring')) ?? '';
    },

    /** Notes that; false by who was overtaken. */
    async noteRestoring(subscription: string, fence: Fence, place: string): Promise<boolean> {
      return RESTORING.run(redis, { progress: progress(subscription) }, { fence, place });
    },

    /** False by who was overtaken. */
    async walked(subscription: string, fence: Fence, pages: number): Promise<boolean> {
      return WALKED.run(redis, { progress: progress(subscription) }, { fence, pages });
    },
  };
}

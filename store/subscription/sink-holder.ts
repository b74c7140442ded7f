import { randomUUID } from 'node:crypto';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Fence } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { as, defineScript } from '../base/script.ts';

/** A fence that says when it was taken: the time by Redis in milliseconds, or one more than the one before; a dot; and what nobody else has. */
const TAKE_OVER = defineScript({
  keys: ['progress'],
  args: ['own'],
  reply: as<string>,
  lua: `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local before = string.match(redis.call('HGET', progress, 'fence') or '', '^(%d+)%.') or 0
local fence = string.format('%.0f.', math.max(now, tonumber(before) + 1)) .. own
redis.call('HSET', progress, 'fence', fence)
return fence`,
});

/** Who tells of an event stream: whoever holds the `fence` in the hash `progress`, as the run of a job does for a webhook. */
export function createSinkHolder(redis: Redis, keys: Keys) {
  return {
    /** From now on nobody else sends anything, or notes it. */
    async takeOver(subscription: string): Promise<Fence> {
      return TAKE_OVER.run(redis, { progress: keys.sink.progress(subscription) }, { own: randomUUID() });
    },
  };
}

/**
 * Whether that fence was not taken before the other one, of the same stream or another: where Redis came back without what it was told last, what is
 * there was. Of two streams it may be in the same millisecond.
 */
export function isSince(fence: Fence | undefined, other: Fence): boolean {
  return takenAt(fence) >= takenAt(other);
}

/** NaN for one that says nothing of it. */
function takenAt(fence: Fence | undefined): number {
  return Number(/^(\d+)\./.exec(fence ?? '')?.[1]);
}

import type { Redis } from '../../runtime/redis/redis.ts';
import { clearOne } from './marks.ts';
import { asYes, defineScript } from './script.ts';

/** Writes the owner unless there is another; in one step, so that one of two gets it. */
const CLAIM = defineScript({
  keys: ['owners'],
  args: ['field', 'owner'],
  reply: asYes,
  lua: `
local present = redis.call('HGET', owners, field)
if not present then redis.call('HSET', owners, field, owner) end
return (not present or present == owner) and 1 or 0`,
});

/** One field of a hash that belongs to one subscriber at a time: a number, or a JID. */
export type Claimed = { key: string; field: string | Buffer };

/** True when the field is the subscriber's now, or was before. */
export async function claim(redis: Redis, { key, field }: Claimed, index: number): Promise<boolean> {
  return CLAIM.run(redis, { owners: key }, { field, owner: index });
}

/** Frees the field unless it is somebody else's by now, so it can be done twice. */
export async function release(redis: Redis, { key, field }: Claimed, index: number): Promise<void> {
  await clearOne(redis, key, field, `${index}`);
}

import type { RedisArgument } from 'redis';
import type { Redis } from '../../runtime/redis.ts';

const CLAIM = `
local owner = redis.call('HGET', KEYS[1], ARGV[1])
if not owner then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return (not owner or owner == ARGV[2]) and 1 or 0`;

const RELEASE = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])`;

/** One field of a hash that belongs to one subscriber at a time: a number, or a JID. */
export type Claimed = { key: string; field: RedisArgument };

/** True when the field is the subscriber's now, or was before. */
export async function claim(redis: Redis, { key, field }: Claimed, index: number): Promise<boolean> {
  return (await redis.eval(CLAIM, { keys: [key], arguments: [field as string, `${index}`] })) === 1;
}

/** Frees the field unless it is somebody else's by now, so it can be done twice. */
export async function release(redis: Redis, { key, field }: Claimed, index: number): Promise<void> {
  await redis.eval(RELEASE, { keys: [key], arguments: [field as string, `${index}`] });
}

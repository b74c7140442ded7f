import { randomUUID } from 'node:crypto';
import type { RedisArgument } from 'redis';
import type { Redis } from '../../runtime/redis.ts';

/**
 * A set of marks "look at this": a hash from what to a stamp that is new each time the mark is made. Whoever has done
 * the work takes away only the marks it saw; one that was made again meanwhile stays.
 */
export type Marks = Record<string, string>;

/** A stamp no other mark has. */
export function newStamp(): string {
  return randomUUID();
}

const CLEAR_SEEN = `
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
end`;

/** Lua can take a few thousand arguments at once. */
const BATCH = 2_000;

/** Takes away the fields of the hash whose value is still what was seen. `toField`: what a mark's field is in Redis. */
export async function clearSeen(
  redis: Redis,
  key: string,
  seen: Marks,
  toField: (what: string) => RedisArgument = (what) => what,
): Promise<void> {
  const entries = Object.entries(seen).map(([what, stamp]) => [toField(what) as string, stamp]);
  for (let from = 0; from < entries.length; from += BATCH)
    await redis.eval(CLEAR_SEEN, { keys: [key], arguments: entries.slice(from, from + BATCH).flat() });
}

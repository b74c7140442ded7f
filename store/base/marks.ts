import { randomUUID } from 'node:crypto';
import type { Redis } from '../../runtime/redis.ts';
import { defineScript } from './script.ts';
import { slicesOf } from './slices.ts';

/**
 * A set of marks "look at this": a hash from what to a stamp that is new each time the mark is made. Whoever has done
 * the work takes away only the marks it saw; one that was made again meanwhile stays.
 */
export type Marks = Record<string, string>;

/** A stamp no other mark has. */
export function newStamp(): string {
  return randomUUID();
}

/**
 * Takes away the fields whose value is still what was seen; answers how many were. `seen`: fields,
 * each with its value after it.
 */
const CLEAR_SEEN = defineScript({
  keys: ['marks'],
  lists: ['seen'],
  reply: Number,
  lua: `
local cleared = 0
for i = 1, #seen, 2 do
  if redis.call('HGET', marks, seen[i]) == seen[i + 1] then cleared = cleared + redis.call('HDEL', marks, seen[i]) end
end
return cleared`,
});

/**
 * Takes away the fields of the hash whose value is still what was seen, and returns how many these
 * were. `toField`: what a mark's field is in Redis. In one step with the comparison: a mark that is
 * made in between must stay.
 */
export async function clearSeen(
  redis: Redis,
  key: string,
  seen: Marks,
  toField: (what: string) => string | Buffer = (what) => what,
): Promise<number> {
  let cleared = 0;
  for (const some of slicesOf(Object.entries(seen)))
    cleared += await CLEAR_SEEN.run(
      redis,
      { marks: key },
      { seen: some.flatMap(([what, stamp]) => [toField(what), stamp]) },
    );
  return cleared;
}

/** As `clearSeen`, for one field; true when it was still so. */
export async function clearOne(redis: Redis, key: string, field: string | Buffer, seen: string): Promise<boolean> {
  return (await CLEAR_SEEN.run(redis, { marks: key }, { seen: [field, seen] })) === 1;
}

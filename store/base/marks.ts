import { randomUUID } from 'node:crypto';
import type { Redis } from '../../runtime/redis/redis.ts';
import { defineLua, defineScript } from './script.ts';
import { slicesOf } from './slices.ts';

/**
 * Marks that say "look at this": a hash, in which the field says at what. The value is a stamp, new
 * each time the mark is made, and in some hashes a word beside it. Whoever has done the work takes
 * away only the marks that it saw: one that was made again meanwhile has another stamp, and stays.
 */
export type Marks = Record<string, string>;

/** A stamp no other mark has. */
export function newStamp(): string {
  return randomUUID();
}

/**
 * Lua: `seenMark(marks, field, seen, stampOf)`: the mark as it is now, where it is the one that was
 * seen, else nil. `clearSeen`, with the same arguments, takes it away then, and answers how many
 * that were. `stampOf(mark)`, for a hash whose marks change and keep their stamps: by what two of
 * them are the same. Without it the whole values have to be.
 */
export const SEEN_MARK = defineLua({
  lua: `
local function seenMark(marks, field, seen, stampOf)
  local mark = redis.call('HGET', marks, field)
  if not mark then return nil end
  if not stampOf then return mark == seen and mark or nil end
  local stamp = stampOf(mark)
  return stamp and stamp == stampOf(seen) and mark or nil
end
local function clearSeen(marks, field, seen, stampOf)
  return seenMark(marks, field, seen, stampOf) and redis.call('HDEL', marks, field) or 0
end`,
});

/** Takes away the marks that are those that were seen; answers how many were. `seen`: fields, each with its value after it. */
const CLEAR_SEEN = defineScript({
  uses: [SEEN_MARK],
  keys: ['marks'],
  lists: ['seen'],
  reply: Number,
  lua: `
local cleared = 0
for i = 1, #seen, 2 do cleared = cleared + clearSeen(marks, seen[i], seen[i + 1]) end
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
  for (const some of slicesOf(Object.keys(seen)))
    cleared += await CLEAR_SEEN.run(
      redis,
      { marks: key },
      { seen: some.flatMap((what) => [toField(what), seen[what] as string]) },
    );
  return cleared;
}

/** As `clearSeen`, for one field; true when it was still so. */
export async function clearOne(redis: Redis, key: string, field: string | Buffer, seen: string): Promise<boolean> {
  return (await CLEAR_SEEN.run(redis, { marks: key }, { seen: [field, seen] })) === 1;
}

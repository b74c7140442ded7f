import { randomUUID } from 'node:crypto';
import type { Redis } from '../../runtime/redis/redis.ts';
import { MANY_FIELDS } from './many-fields.ts';
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
 * seen, else nil. `clearSeen(marks, seen, stampOf)` takes those away that are, and answers how many
 * these were; `seen`: fields, each with its value after it. `stampOf(mark)`, for a hash whose marks
 * change and keep their stamps: by what two of them are the same. Without it the whole values have to be.
 */
export const SEEN_MARK = defineLua({
  uses: [MANY_FIELDS],
  lua: `
local function isSeen(mark, seen, stampOf)
  if not mark then return false end
  if not stampOf then return mark == seen end
  local stamp = stampOf(mark)
  return stamp and stamp == stampOf(seen)
end
local function seenMark(marks, field, seen, stampOf)
  local mark = redis.call('HGET', marks, field)
  return isSeen(mark, seen, stampOf) and mark or nil
end
local function clearSeen(marks, seen, stampOf)
  local fields, gone = {}, {}
  for i = 1, #seen, 2 do fields[#fields + 1] = seen[i] end
  for i, mark in ipairs(valuesOf(marks, fields)) do
    if isSeen(mark, seen[2 * i], stampOf) then gone[#gone + 1] = fields[i] end
  end
  return dropFields(marks, gone)
end`,
});

/** Takes away the marks that are those that were seen; answers how many were. `seen`: fields, each with its value after it. */
const CLEAR_SEEN = defineScript({
  uses: [SEEN_MARK],
  keys: ['marks'],
  lists: ['seen'],
  reply: Number,
  lua: 'return clearSeen(marks, seen)',
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

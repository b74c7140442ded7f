import type { Redis } from '../../runtime/redis/redis.ts';
import type { Fence } from '../base/fence.ts';
import { as, defineScript } from '../base/script.ts';
import { BUCKET_OF } from '../image/book-buckets.ts';
import { RECORD_BYTES } from '../image/book-image.ts';
import { PORTION } from '../image/book-portions.ts';
import { WRITER } from './book-commands.ts';

/**
 * Splits buckets off a book, or joins its last ones, one after the other until it has `wanted` of
 * them or enough was moved for one step. Answers how many it has now; null when another writer has
 * come, who sizes the book. What the book holds stays the same, so whoever dies between two steps
 * leaves a book like any other.
 */
const RESIZE = defineScript({
  uses: [BUCKET_OF, WRITER],
  keys: ['held', 'uids'],
  keyList: 'source',
  args: ['wanted'],
  reply: as<number | null>,
  lua: `
local goal, buckets, moved = tonumber(wanted), tonumber(redis.call('HGET', book, 'buckets') or '1'), 0
local function splitOff()
  local parent, own = parentOf(buckets), buckets
  buckets = buckets + 1
  for _, number in ipairs(redis.call('HKEYS', held .. parent)) do
    local place = bucketOf(held, number, buckets)
    if place == held .. own then
      redis.call('HSET', place, number, redis.call('HGET', held .. parent, number))
      redis.call('HDEL', held .. parent, number)
    end
    moved = moved + 1
  end
  local list, stays, goes = redis.call('GET', uids .. parent) or '', {}, {}
  for at = 1, #list, ${RECORD_BYTES} do
    local record = string.sub(list, at, at + ${RECORD_BYTES - 1})
    local part = bucketOf(uids, record, buckets) == uids .. own and goes or stays
    part[#part + 1] = record
  end
  if #goes == 0 then return end
  redis.call('SET', uids .. own, table.concat(goes))
  if #stays == 0 then redis.call('DEL', uids .. parent) else redis.call('SET', uids .. parent, table.concat(stays)) end
end
local function joinLast()
  buckets = buckets - 1
  local parent = parentOf(buckets)
  local fields = redis.call('HGETALL', held .. buckets)
  for i = 1, #fields, 2 do redis.call('HSET', held .. parent, fields[i], fields[i + 1]) end
  local list = redis.call('GET', uids .. buckets)
  if list then redis.call('SET', uids .. parent, (redis.call('GET', uids .. parent) or '') .. list) end
  redis.call('UNLINK', held .. buckets, uids .. buckets)
  moved = moved + #fields / 2
end
if whyNot(source[1]) then return false end
while buckets ~= goal and moved < ${PORTION} do
  if buckets < goal then splitOff() else joinLast() end
  moved = moved + 1
end
redis.call('HSET', book, 'buckets', buckets)
return buckets`,
});

type Places = Parameters<typeof RESIZE.run>[1];
type Writer = { version: number | ''; writer: string; fence: Fence | undefined };

/** Gives a book so many buckets, in steps, as long as nobody else writes it. */
export async function resize(redis: Redis, places: Places, writer: Writer, wanted: number): Promise<void> {
  let buckets: number | null;
  do buckets = await RESIZE.run(redis, places, { ...writer, wanted });
  while (buckets !== wanted && buckets !== null);
}

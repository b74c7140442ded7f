import type { Redis } from '../../runtime/redis/redis.ts';
import { scanTexts } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { clearOne, type Marks, newStamp } from '../base/marks.ts';
import { readRecord } from '../base/record.ts';
import { slicesOf } from '../base/slices.ts';

/** The field of `dirty-items` that stands for the items of all friends; no JID is written like this. */
export const ALL_ITEMS = '*';

/**
 * Replaces the mark `ALL_ITEMS`, where it is among these, by a mark for the item of each friend;
 * returns whether it was. A move to another account writes that one mark, so that its script takes no
 * longer with twenty thousand friends than with one. Friends who come or go later are marked one by
 * one in any case.
 */
export async function markEachItem(redis: Redis, keys: Keys, id: string, marks: Marks): Promise<boolean> {
  const seen = marks[ALL_ITEMS];
  if (seen === undefined) return false;
  const stamp = newStamp();
  const items: string[][] = [];
  for await (const [other, json] of scanTexts(redis, keys.friends(id)))
    items.push([readRecord<{ jid: string }>(json, 'a ledger').jid, `${other} ${stamp}`]);
  for (const some of slicesOf(items)) await redis.hSet(keys.dirtyItems(id), some.flat() as never);
  await clearOne(redis, keys.dirtyItems(id), ALL_ITEMS, seen);
  return true;
}

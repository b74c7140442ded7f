import type { Redis } from '../../runtime/redis.ts';
import { scanTexts } from './hash-scan.ts';
import type { Keys } from './keys.ts';
import { clearOne, type Marks, newStamp } from './marks.ts';
import { slicesOf } from './slices.ts';

/** The field of `dirty-items` that stands for the items of all friends; no JID is written like this. */
export const ALL_ITEMS = '*';

/**
 * Puts a mark for each friend's item in the place of the one that stands for all of them, if it is among these marks;
 * true if it was. A move to another account makes that one in its own step, which is then as short with twenty
 * thousand friends as with one. Whoever becomes or ceases to be a friend later has a mark anyway.
 */
export async function markEachItem(redis: Redis, keys: Keys, id: string, marks: Marks): Promise<boolean> {
  const seen = marks[ALL_ITEMS];
  if (seen === undefined) return false;
  const stamp = newStamp();
  const items: string[][] = [];
  for await (const [other, json] of scanTexts(redis, keys.friends(id)))
    items.push([(JSON.parse(json) as { jid: string }).jid, `${other} ${stamp}`]);
  for (const some of slicesOf(items)) await redis.hSet(keys.dirtyItems(id), some.flat() as never);
  await clearOne(redis, keys.dirtyItems(id), ALL_ITEMS, seen);
  return true;
}

import { inBatches } from '../../runtime/batches.ts';
import { createNumberKeys } from '../../runtime/secret/number-key.ts';
import type { Stores } from '../../store/stores.ts';
import { hashNumbers, keysOf, phoneNumbersOf } from '../../store/subscriber/subscriber-record.ts';

/** Subscribers of whom the friends are looked at: all, where there are few. */
const MOST = 1_000;
const AT_ONCE = 50;

/** Of so many `subscribers`: `held`, the friends whom their books hold, and how many of these `otherwise` than by that number key. */
export type Held = { subscribers: number; held: number; otherwise: number };

/** By which number key books hold the friends of some subscribers, who are drawn. */
export async function heldOtherwise({ roll, friends, subscribers }: Stores, numberKey: Buffer): Promise<Held> {
  const keys = createNumberKeys(numberKey);
  const found = { subscribers: 0, held: 0, otherwise: 0 };
  for (const page of drawn(await roll.pages()))
    for (const ids of inBatches(await roll.page(page), AT_ONCE)) {
      const held = (await Promise.all(ids.map(friends.list))).flat().filter((friend) => friend.held !== undefined);
      const records = await subscribers.records(held.map(({ id }) => id));
      const isOtherwise = held.map(({ held: by = '' }, i) => {
        const record = records[i];
        return record !== undefined && !keysOf(hashNumbers(phoneNumbersOf(record), keys)).includes(by);
      });
      found.subscribers += ids.length;
      found.held += held.length;
      found.otherwise += isOtherwise.filter(Boolean).length;
      if (found.subscribers >= MOST) return found;
    }
  return found;
}

/** All pages, in an order that chance begins. */
function drawn(pages: number): number[] {
  const first = Math.floor(Math.random() * pages);
  return Array.from({ length: pages }, (_, i) => (first + i) % pages);
}

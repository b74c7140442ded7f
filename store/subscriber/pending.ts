import { QUEUE_NAMES } from '../../runtime/queue/queue-table.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { scanTexts } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { ALL_ITEMS } from '../due/all-items.ts';
import { timeOf } from '../due/due-at-home.ts';

/** What has still to be done for a subscriber; times in milliseconds since the epoch. */
export type Pending = {
  /** When each queue looks at the subscriber at the latest. */
  due: Record<string, number>;
  /** Number keys, ids of other subscribers, and JIDs of roster items to be looked at. */
  numberKeys: string[];
  subscribers: string[];
  rosterItems: string[];
  /** Number keys and JID that a change under way may give or take. */
  change: { numberKeys: string[]; jid: string } | undefined;
};

/** Looks at all the marks of one subscriber; their stamps say nothing about a person. */
export function createPending(redis: Redis, keys: Keys) {
  return {
    async of(id: string): Promise<Pending> {
      const [announced, pairs, items, intention, times] = await Promise.all([
        redis.hKeys(keys.announced(id)),
        fieldsOf(redis, keys.dirtyPairs(id)),
        fieldsOf(redis, keys.dirtyItems(id)),
        redis.hGetAll(keys.intention(id)),
        Promise.all(QUEUE_NAMES.map((queue) => redis.zScore(keys.due(queue, id), id))),
      ]);
      const due = QUEUE_NAMES.flatMap((queue, i) => (times[i] == null ? [] : [[queue, timeOf(times[i])]]));
      const { numbers, jid = '' } = intention;
      // A mark for both ends of a pair has a word before the id.
      const subscribers = [...new Set(pairs.map((field) => field.split(' ').at(-1) ?? ''))];
      const change = numbers === undefined ? undefined : { numberKeys: numbers.trim().split(/ +/), jid };
      const rosterItems = items.filter((jid) => jid !== ALL_ITEMS);
      return { due: Object.fromEntries(due), numberKeys: announced, subscribers, rosterItems, change };
    },
  };
}

async function fieldsOf(redis: Redis, hash: string): Promise<string[]> {
  const fields = new Set<string>();
  for await (const [field] of scanTexts(redis, hash)) fields.add(field);
  return [...fields];
}

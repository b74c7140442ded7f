import type { Redis } from '../../runtime/redis/redis.ts';
import { BUCKET } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { allPartitions, PARTITIONS } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';

export type Roll = ReturnType<typeof createRoll>;

/** Subscribers by their state. */
export type Census = { active: number; pending: number; leaving: number };

/** Of those in a due list who are looked at: a few of many do not count. */
const LOOKED_AT = 1_000;

/** How many leave, and how many wait for something about an account and do not leave. */
const APART = defineScript({
  keys: ['leaving', 'dueAccount', 'dueOrder'],
  reply: as<[leaving: number, pending: number]>,
  lua: `
local pending = 0
for _, due in ipairs({ dueAccount, dueOrder }) do
  pending = pending + redis.call('ZCARD', due)
  for _, id in ipairs(redis.call('ZRANGE', due, 0, ${LOOKED_AT - 1})) do
    pending = pending - redis.call('SISMEMBER', leaving, id)
  end
end
return { redis.call('SCARD', leaving), pending }`,
});

/**
 * Everybody, in pages of up to 1,024 subscribers who were made one after the other. Whoever goes through all pages meets
 * everybody who was there when it began.
 */
export function createRoll(redis: Redis, keys: Keys) {
  // One bucket of each partition.
  const keysOf = (page: number) => allPartitions().map((partition) => keys.ids(page * PARTITIONS + partition));

  async function pages(): Promise<number> {
    const last = Number((await redis.get(keys.lastIndex)) ?? 0);
    return Math.ceil((last + 1) / (PARTITIONS * BUCKET));
  }

  async function count(): Promise<number> {
    let sum = 0;
    for (let page = (await pages()) - 1; page >= 0; page -= 1)
      for (const part of await Promise.all(keysOf(page).map((key) => redis.hLen(key)))) sum += part;
    return sum;
  }

  return {
    /** How many pages there are now, numbered from 0. */
    pages,

    /** The ids of a page, in any state. */
    async page(page: number): Promise<string[]> {
      return (await Promise.all(keysOf(page).map((key) => redis.hVals(key)))).flat();
    },

    count,

    /**
     * The ids of those whose integers are at least this, in the order in which they were made, in any state: the first `most` or so
     * integers are looked at. `next`: the integer to go on with; undefined where there are no more.
     */
    async from(index: number, most: number): Promise<{ found: { index: number; id: string }[]; next?: number }> {
      const last = Number((await redis.get(keys.lastIndex)) ?? 0);
      const first = Math.floor(index / BUCKET);
      const end = Math.min(first + Math.ceil(most / BUCKET), Math.floor(last / BUCKET) + 1);
      const buckets = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
      const parts = await Promise.all(buckets.map((bucket) => redis.hGetAll(keys.ids(bucket))));
      const found = parts.flatMap((part, i) =>
        Object.entries(part).map(([field, id]) => ({ index: (first + i) * BUCKET + Number(field), id })),
      );
      const inOrder = found.filter((one) => one.index >= index).sort((a, b) => a.index - b.index);
      return { found: inOrder, ...(end * BUCKET <= last && { next: end * BUCKET }) };
    },

    /**
     * Everybody, by state; not of one moment. Whoever waits for something about an XMPP account is `pending`: also who is
     * active, and waits a second for a new password.
     */
    async census(): Promise<Census> {
      const all = await count();
      const parts = await Promise.all(
        allPartitions().map((partition) =>
          APART.run(
            redis,
            {
              leaving: keys.leaving(partition),
              dueAccount: keys.duePart('account', partition),
              dueOrder: keys.duePart('order', partition),
            },
            {},
          ),
        ),
      );
      const leaving = parts.reduce((sum, [some]) => sum + some, 0);
      const pending = parts.reduce((sum, [, some]) => sum + some, 0);
      return { active: Math.max(0, all - leaving - pending), pending, leaving };
    },
  };
}

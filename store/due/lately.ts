import type { LedgerEntry } from '../../domain/friendship/roster.ts';
import type { OutletName } from '../../domain/playing/outlets.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { AFTER_ID, type Keys, LATELY } from '../base/keys.ts';
import { allPartitions, byPartition } from '../base/partitions.ts';
import { readRecord } from '../base/record.ts';
import { defineLua, defineScript } from '../base/script.ts';
import { slicesOf } from '../base/slices.ts';
import { homesOf } from './due-at-home.ts';

/**
 * One thing that the XMPP server was told about a subscriber. `item`: of the roster of `account`,
 * behind which stands the subscriber `other`; `ledger`: what the ledger said while it was told.
 */
export type ToldLately =
  | { what: 'shown'; outlet: OutletName }
  | { what: 'access'; outlet: OutletName; field: string }
  | { what: 'item'; account: string; jid: string; other: string; ledger: LedgerEntry }
  | { what: 'heard' }
  | { what: 'account-made'; jid: string }
  | { what: 'account-removed'; jid: string }
  | { what: 'locked-out' };

/**
 * Lua: `noteLately(things)`: the server was told these about the subscriber `id`, at `toldAt` in
 * milliseconds since the epoch. Nothing is noted where that is empty.
 */
export const NOTE_LATELY = defineLua({
  keys: ['lately', 'latelyDue'],
  args: ['id', 'toldAt'],
  lua: `
local function noteLately(things)
  if toldAt == '' or #things == 0 then return end
  for _, thing in ipairs(things) do redis.call('ZADD', lately, toldAt, thing) end
  redis.call('ZADD', latelyDue, 'NX', toldAt, id)
end`,
});

const NOTE = defineScript({ uses: [NOTE_LATELY], lists: ['things'], lua: 'noteLately(things)' });

/**
 * Drops what these were told before a time. In one step, as more may be told meanwhile, which has
 * to stay.
 */
const DROP = defineScript({
  keys: ['latelyDue'],
  args: ['own', 'before'],
  lists: ['ids'],
  lua: `
for _, id in ipairs(ids) do
  local lately = own .. id .. '${AFTER_ID.lately}'
  redis.call('ZREMRANGEBYSCORE', lately, '-inf', '(' .. before)
  local oldest = redis.call('ZRANGE', lately, 0, 0, 'WITHSCORES')
  if oldest[2] then redis.call('ZADD', latelyDue, oldest[2], id) else redis.call('ZREM', latelyDue, id) end
end`,
});

/** The keys of `NOTE_LATELY`. */
export function latelyKeys(keys: Keys, id: string) {
  return { lately: keys.lately(id), latelyDue: keys.due(LATELY, id) };
}

/** As it is kept. */
export function latelyWord(thing: ToldLately): string {
  return JSON.stringify(thing);
}

/**
 * What an XMPP server that answers before it writes to its disk was told in the last seconds:
 * sorted set `lately` of a subscriber (things by when they were told). The due list `lately` has who
 * has one, by when the oldest was told. On other servers neither is written (decision 248). Times
 * are milliseconds since the epoch.
 */
export function createLately(redis: Redis, keys: Keys) {
  async function whose(host: string, time: number): Promise<string[]> {
    const parts = allPartitions().map((partition) =>
      redis.zRangeByScore(keys.duePart(LATELY, partition), '-inf', `(${time}`),
    );
    const ids = (await Promise.all(parts)).flat();
    if (keys.hosts.length === 0) return ids;
    const homes = await homesOf(redis, keys, ids);
    return ids.filter((_, i) => (homes[i] ?? host) === host);
  }

  return {
    /** To be called before it is told. */
    async note(id: string, things: readonly ToldLately[], toldAt: number): Promise<void> {
      for (const some of slicesOf(things))
        await NOTE.run(redis, latelyKeys(keys, id), { id, toldAt, things: some.map(latelyWord) });
    },

    /** About whom something was told before that time, of those for whom the component of that host works, or who are gone. */
    whose,

    /** What was told before that time, the oldest first. */
    async before(id: string, time: number): Promise<ToldLately[]> {
      const words = await redis.zRangeByScore(keys.lately(id), '-inf', `(${time}`);
      return words.map((word) => readRecord<ToldLately>(word, 'what the XMPP server was told lately'));
    },

    /** What was told before that time needs to be kept no longer, of the same. */
    async drop(host: string, time: number): Promise<void> {
      for (const [partition, ids] of byPartition(await whose(host, time))) {
        const places = { latelyDue: keys.duePart(LATELY, partition) };
        for (const some of slicesOf(ids))
          await DROP.run(redis, places, { own: keys.ownPart(partition), before: time, ids: some });
      }
    },
  };
}

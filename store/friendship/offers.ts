import type { Offer } from '../../domain/friendship/offer.ts';
import { queuesThat } from '../../runtime/queue/queue-table.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { scanned } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { readRecord } from '../base/record.ts';
import { defineScript } from '../base/script.ts';
import { askSlices, slicesOf } from '../base/slices.ts';
import { askForAccess } from '../due/asked-access.ts';
import { GRACE } from '../due/due.ts';
import { dueOf } from '../due/makes-due.ts';
import type { DirtyItem } from './friends.ts';

/** A subscriber's account, which may be a former one. */
type Account = { id: string; jid: string };

/**
 * Marks these items. `items`: JIDs, each followed by the id of the subscriber behind it. Where that
 * id is empty, a mark that is there keeps its own: by it the parting of a friend who parts is ended.
 */
const MARK_ALL = defineScript({
  keys: ['dirtyItems'],
  args: ['stamp'],
  lists: ['items'],
  lua: `
for i = 1, #items, 2 do
  local id = items[i + 1]
  if id == '' then id = string.match(redis.call('HGET', dirtyItems, items[i]) or '', '^%S+') or '' end
  redis.call('HSET', dirtyItems, items[i], id .. ' ' .. stamp)
end`,
});

/**
 * What was offered while the server granted no privileges: for each account of a subscriber a hash
 * `offered:<JID>` (JID of the friend → offer), which only the subscriber's roster job writes.
 * String `offering`, of each home: there while its component offers, and after that until the
 * hand-over to privileged work is done.
 */
export function createOffers(redis: Redis, keys: Keys) {
  return {
    async some(id: string, account: string, jids: readonly string[]): Promise<(Offer | undefined)[]> {
      const found = await askSlices(jids, (some) => redis.hmGet(keys.offered(id, account), some));
      return found.map((json) => (json ? readRecord<Offer>(json, 'an offer') : undefined));
    },

    /** JID → how it was offered. */
    async whole(id: string, account: string): Promise<Map<string, Offer>> {
      const entries = Object.entries(await scanned(redis, keys.offered(id, account)));
      return new Map(entries.map(([jid, json]) => [jid, readRecord<Offer>(json, 'an offer')]));
    },

    async note(id: string, account: string, jids: readonly string[], offer: Offer): Promise<void> {
      const json = JSON.stringify(offer);
      for (const some of slicesOf(jids))
        await redis.hSet(keys.offered(id, account), some.flatMap((jid) => [jid, json]) as never);
    },

    async forget(id: string, account: string, jids: readonly string[]): Promise<void> {
      for (const some of slicesOf(jids)) await redis.hDel(keys.offered(id, account), some);
    },

    /** The account is the subscriber's no longer. */
    async drop(id: string, account: string): Promise<void> {
      await redis.unlink(keys.offered(id, account));
    },

    /** These were not delivered: they count as not offered, and are looked at again at `time`. */
    async again({ id, jid }: Account, items: readonly DirtyItem[], time: number): Promise<void> {
      const stamp = newStamp();
      for (const some of slicesOf(items)) {
        const batch = redis.multi();
        batch.hDel(
          keys.offered(id, jid),
          some.map((item) => item.jid),
        );
        batch.hSet(keys.dirtyItems(id), some.flatMap((item) => [item.jid, `${item.id} ${stamp}`]) as never);
        batch.zAdd(dueOf(keys, 'befriended', id), { value: id, score: time });
        await batch.exec();
      }
    },

    async begin(host: string): Promise<void> {
      await redis.set(keys.offering(host), '1');
    },

    async underWay(host: string): Promise<boolean> {
      return (await redis.exists(keys.offering(host))) === 1;
    },

    async end(host: string): Promise<void> {
      await redis.del(keys.offering(host));
    },

    /** From now on the roster and the tune are set as usual: everything about the subscriber is looked at again, the roster at these items. */
    async handOver({ id, jid }: Account, items: readonly DirtyItem[], now: number): Promise<void> {
      const stamp = newStamp();
      for (const some of slicesOf(items))
        await MARK_ALL.run(
          redis,
          { dirtyItems: keys.dirtyItems(id) },
          { stamp, items: some.flatMap((item) => [item.jid, item.id]) },
        );
      const batch = redis.multi();
      batch.unlink(keys.offered(id, jid));
      askForAccess(batch, keys, id, now);
      for (const queue of queuesThat('handedOver')) batch.zAdd(keys.due(queue, id), { value: id, score: now + GRACE });
      await batch.exec();
    },
  };
}

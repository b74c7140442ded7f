import type { LedgerEntry } from '../../domain/friendship/roster.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { scanTexts } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { MANY_FIELDS } from '../base/many-fields.ts';
import { type Marks, SEEN_MARK } from '../base/marks.ts';
import { askSubscribers } from '../base/partitions.ts';
import { readRecord } from '../base/record.ts';
import { asYes, defineScript } from '../base/script.ts';
import { askSlices, slicesOf } from '../base/slices.ts';
import { dueOf } from '../due/makes-due.ts';
import type { DirtyItem } from './friends.ts';

/** An entry of the ledger: as it was last seen, and as it shall be; undefined for none. */
export type LedgerChange = { jid: string; seen: LedgerEntry | undefined; next: LedgerEntry | undefined };

/**
 * Writes all of these entries of the ledger, or none if one of them is not as it was seen: another
 * component has worked on the roster meanwhile. With them goes what is done: marks that are still
 * those that were seen, and the due time if nothing is left to do. `changes`: JIDs, each with its
 * entry before and after; `done`: JIDs, each with its mark.
 */
const NOTE = defineScript({
  uses: [MANY_FIELDS, SEEN_MARK],
  keys: ['ledger', 'dirtyItems', 'former', 'due'],
  args: ['id'],
  lists: ['changes', 'done'],
  reply: asYes,
  lua: `
local jids, entries, gone = {}, {}, {}
for i = 1, #changes, 3 do jids[#jids + 1] = changes[i] end
for i, entry in ipairs(valuesOf(ledger, jids)) do
  if (entry or '') ~= changes[3 * i - 1] then return 0 end
  if changes[3 * i] == '' then gone[#gone + 1] = jids[i]
  else
    entries[#entries + 1] = jids[i]
    entries[#entries + 1] = changes[3 * i]
  end
end
dropFields(ledger, gone)
setFields(ledger, entries)
clearSeen(dirtyItems, done)
if #done > 0 and redis.call('EXISTS', dirtyItems, former) == 0 then redis.call('ZREM', due, id) end
return 1`,
});

/**
 * What Earshot did to roster items: a hash for each account of the subscriber, which is one but
 * while its JID changes (`ledger:<JID>`: JID → what was done to that item). Only the subscriber's
 * own roster job writes it.
 */
export function createLedger(redis: Redis, keys: Keys) {
  return {
    /** For each of these items of the account's roster: what Earshot did to it. */
    async some(id: string, account: string, jids: readonly string[]): Promise<(LedgerEntry | undefined)[]> {
      return (await askSlices(jids, (some) => redis.hmGet(keys.ledger(id, account), some))).map(toEntry);
    },

    /** For each of these others: what Earshot did to the item `jid` of its roster. */
    async ofEach(others: readonly DirtyItem[], jid: string): Promise<(LedgerEntry | undefined)[]> {
      const ids = others.map((other) => other.id);
      const found = await askSubscribers(redis, ids, (batch, id, i) =>
        batch.hGet(keys.ledger(id, others[i]?.jid ?? ''), jid),
      );
      return (found as (string | null)[]).map(toEntry);
    },

    /** JID → what Earshot did to that item of the account's roster. */
    async whole(id: string, account: string): Promise<Map<string, LedgerEntry>> {
      const ledger = new Map<string, LedgerEntry>();
      for await (const [jid, json] of scanTexts(redis, keys.ledger(id, account)))
        ledger.set(jid, readRecord(json, 'a ledger'));
      return ledger;
    },

    /**
     * Writes these entries, and in the same step takes away the marks of the items that are done.
     * False, and nothing is written, when an entry is not as it was seen.
     */
    async note(id: string, account: string, changes: readonly LedgerChange[], done: Marks = {}): Promise<boolean> {
      if (changes.length === 0 && Object.keys(done).length === 0) return true;
      const places = {
        ledger: keys.ledger(id, account),
        dirtyItems: keys.dirtyItems(id),
        former: keys.former(id),
        due: dueOf(keys, 'befriended', id),
      };
      const words = changes.flatMap(({ jid, seen, next }) => [jid, toJson(seen), toJson(next)]);
      return NOTE.run(redis, places, { id, changes: words, done: Object.entries(done).flat() });
    },

    /** Puts these entries in place of all that there are. To be called while no roster job runs. */
    async replace(id: string, account: string, entries: ReadonlyMap<string, LedgerEntry>): Promise<void> {
      const key = keys.ledger(id, account);
      const gone = [...(await this.whole(id, account)).keys()].filter((jid) => !entries.has(jid));
      for (const some of slicesOf(gone)) await redis.hDel(key, some);
      for (const some of slicesOf([...entries]))
        await redis.hSet(key, some.flatMap(([jid, entry]) => [jid, JSON.stringify(entry)]) as never);
    },

    async forget(id: string, account: string): Promise<void> {
      await redis.unlink(keys.ledger(id, account));
    },
  };
}

/** From a field of the ledger. */
export function toEntry(json: string | null | undefined): LedgerEntry | undefined {
  return json ? readRecord<LedgerEntry>(json, 'a ledger') : undefined;
}

function toJson(entry: LedgerEntry | undefined): string {
  return entry ? JSON.stringify(entry) : '';
}

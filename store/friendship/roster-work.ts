import type { LedgerEntry } from '../../domain/friendship/roster.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import type { Marks } from '../base/marks.ts';
import { as, defineScript, toFields } from '../base/script.ts';
import { SLICE } from '../base/slices.ts';
import { markEachItem } from '../due/all-items.ts';
import { type Subscriber, toSubscriber } from '../subscriber/subscriber-record.ts';
import { type DirtyItem, type Friend, toDirtyItems, toFriend } from './friends.ts';
import { toEntry } from './ledger.ts';

/**
 * What the roster job has to do for a subscriber. `marks`: of the items, by JID; `wanted`: the
 * friends among them, by id; `partings`: those among them who are being let go of; `ledger`: what was done to these
 * items of the subscriber's account, by JID; `former`: see `toFormerJids`.
 */
export type RosterWork = {
  subscriber: Subscriber | undefined;
  former: Record<string, string>;
  items: DirtyItem[];
  marks: Marks;
  wanted: Map<string, Friend>;
  partings: Marks;
  ledger: Map<string, LedgerEntry>;
};

/** A page of the marks, and what belongs to them; the next one begins at `next`, and '0' is none. */
type Page = [
  next: string,
  record: string[],
  former: string[],
  marks: string[],
  wanted: (string | null)[],
  partings: (string | null)[],
  ledger: (string | null)[],
];

/**
 * Each item with its friend and its parting at one moment, so that nobody who parts is missing both
 * from the friends and from the partings. A mark begins with the id of whoever is behind the item. `account`: the JID
 * whose ledger it is; empty for the one in the record. `ledgers`: what stands before it.
 */
const READ = defineScript({
  keys: ['record', 'former', 'dirtyItems', 'friends', 'partings', 'ledgers'],
  args: ['from', 'about', 'account'],
  reply: as<Page>,
  lua: `
local page = redis.call('HSCAN', dirtyItems, from, 'COUNT', about)
local marks, wanted, parting, entries = page[2], {}, {}, {}
local ledger = ledgers .. (account == '' and redis.call('HGET', record, 'jid') or account)
for i = 2, #marks, 2 do
  local other = string.match(marks[i], '^[^ ]*')
  wanted[i / 2], parting[i / 2] = redis.call('HGET', friends, other), redis.call('HGET', partings, other)
  entries[i / 2] = redis.call('HGET', ledger, marks[i - 1])
end
return { page[1], redis.call('HGETALL', record), redis.call('HGETALL', former), marks, wanted, parting, entries }`,
});

/** What the roster job reads of its subscriber: all of it is in one partition. */
export function createRosterWork(redis: Redis, keys: Keys) {
  /** Page by page, as strangers decide how many items there are. The record is that of the first page. */
  async function readPages(id: string): Promise<RosterWork> {
    const places = {
      record: keys.subscriber(id),
      former: keys.former(id),
      dirtyItems: keys.dirtyItems(id),
      friends: keys.friends(id),
      partings: keys.partings(id),
      ledgers: keys.ledger(id, ''),
    };
    let from = '0';
    let work: RosterWork | undefined;
    do {
      const account = work?.subscriber?.jid;
      const [next, record, former, ...page] = await READ.run(redis, places, { from, about: SLICE, account });
      work ??= {
        subscriber: toSubscriber(id, toFields(record)),
        former: toFields(former),
        items: [],
        marks: {},
        wanted: new Map(),
        partings: {},
        ledger: new Map(),
      };
      addPage(work, page);
      from = next;
    } while (from !== '0');
    return { ...work, items: toDirtyItems(work.marks) };
  }

  return {
    async read(id: string): Promise<RosterWork> {
      for (;;) {
        const work = await readPages(id);
        if (!(await markEachItem(redis, keys, id, work.marks))) return work;
      }
    },
  };
}

/** An item that two pages have is taken from the later one. */
function addPage(
  work: RosterWork,
  [dirty, wanted, partings, ledger]: [string[], (string | null)[], (string | null)[], (string | null)[]],
): void {
  const marks = toFields(dirty);
  for (const [i, { jid, id }] of toDirtyItems(marks).entries()) {
    work.marks[jid] = marks[jid] as string;
    const [friend, parting, entry] = [wanted[i], partings[i], toEntry(ledger[i])];
    if (friend) work.wanted.set(id, toFriend(friend));
    else work.wanted.delete(id);
    if (parting) work.partings[id] = parting;
    else delete work.partings[id];
    if (entry) work.ledger.set(jid, entry);
    else work.ledger.delete(jid);
  }
}

import { associated } from '../domain/association.ts';
import type { Label } from '../store/book-image.ts';
import type { DirtyItem, Friend } from '../store/friends.ts';
import type { Stores } from '../store/stores.ts';
import { keysOf, type Subscriber } from '../store/subscriber-record.ts';
import type { Context } from './context.ts';

/** How many pairs are read and written together. */
const BATCH = 500;

/** Decides this end of every pair that is marked, and hands what changed to the roster job. */
export async function decidePairs(context: Context, subscriber: Subscriber): Promise<void> {
  const { stores } = context;
  const seen = Object.entries(await stores.pairs.dirty(subscriber.id));
  for (let from = 0; from < seen.length; from += BATCH) {
    const part = seen.slice(from, from + BATCH);
    await decide(
      context,
      subscriber,
      part.map(([other]) => other),
    );
    await stores.pairs.clearDirty(subscriber.id, Object.fromEntries(part));
  }
}

async function decide(context: Context, subscriber: Subscriber, others: string[]): Promise<void> {
  const { stores, queues, metrics, now } = context;
  const { id } = subscriber;
  const before = await stores.friends.some(id, others);
  const wanted = await wantedFriends(context, subscriber, others);
  const set: Friend[] = [];
  const unset: string[] = [];
  const dirty: DirtyItem[] = [];
  for (const [i, other] of others.entries()) {
    const [was, is] = [before[i], wanted[i]];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    if (is) set.push(is);
    else unset.push(other);
    for (const jid of new Set([was?.jid, is?.jid])) if (jid !== undefined) dirty.push({ jid, id: other });
  }
  metrics.pairs.inc({ outcome: 'changed' }, set.length + unset.length);
  metrics.pairs.inc({ outcome: 'same' }, others.length - set.length - unset.length);
  if (dirty.length === 0) return;
  await stores.friends.write(id, set, unset, dirty, now());
  await queues.enqueue('roster', [id]);
  for (const other of [...set.map((friend) => friend.id), ...unset])
    await stores.events.tell(id, { what: 'friends', id: other });
}

/** For each of the others: the friend as this roster shall show it, or undefined when they are no friends. */
async function wantedFriends(
  { stores, policy }: Context,
  subscriber: Subscriber,
  others: string[],
): Promise<(Friend | undefined)[]> {
  const { id } = subscriber;
  const records = await stores.subscribers.records(others);
  await stores.pairs.forgetDeclined(
    id,
    others.filter((_, i) => records[i] === undefined || records[i]?.state === 'leaving'),
  );
  const [held, heldBy, declined, declinedBy] = await Promise.all([
    heldNumbers(stores, id, records),
    stores.addressBooks.holdsEach(others, keysOf(subscriber)),
    stores.pairs.declined(others.map((other) => ({ who: id, other }))),
    stores.pairs.declined(others.map((who) => ({ who, other: id }))),
  ]);
  return records.map((record, i) => {
    const mine = {
      present: subscriber.state === 'active',
      holdsOther: held[i] !== undefined,
      declinedOther: declined[i] === true,
    };
    const theirs = {
      present: record?.state === 'active',
      holdsOther: heldBy[i] === true,
      declinedOther: declinedBy[i] === true,
    };
    return record && associated(mine, theirs, policy) ? toFriend(record, held[i]) : undefined;
  });
}

type Held = { numberKey: string; label: Label };

/** For each record: the first of its numbers, the primary before the others, that the subscriber's book holds. */
async function heldNumbers(
  stores: Stores,
  id: string,
  records: readonly (Subscriber | undefined)[],
): Promise<(Held | undefined)[]> {
  const numberKeys = records.map((record) => (record ? keysOf(record) : []));
  const labels = await stores.addressBooks.labels(id, numberKeys.flat());
  let from = 0;
  return numberKeys.map((own) => {
    const named = labels.slice(from, from + own.length);
    from += own.length;
    const first = named.findIndex((label) => label !== undefined);
    return first < 0 ? undefined : { numberKey: own[first] as string, label: named[first] as Label };
  });
}

/** The name is the one in the subscriber's own book; a friend that it does not hold goes by its display name. */
function toFriend({ id, jid, displayName }: Subscriber, held: Held | undefined): Friend {
  if (!held) return { id, jid, name: displayName, groups: [] };
  return { id, jid, name: held.label.name, groups: held.label.groups, held: held.numberKey };
}

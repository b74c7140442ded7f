import { associated, barred, type End, toEnd } from '../domain/friendship/association.ts';
import type { Friend } from '../store/friendship/friends.ts';
import type { Stores } from '../store/stores.ts';
import { isStaying, keysOf, type Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { Context } from './context.ts';
import { firstHeld, type Held, toFriend } from './friend-entry.ts';

/**
 * What one end makes of the pair with `other`: the friend as this roster shall show it, and the JID to keep the tune from. `pending`: the
 * other was not active yet, and may be by now.
 */
export type Verdict = { other: string; friend: Friend | undefined; barred: string | undefined; pending: boolean };

/** One of the others, as far as it is known. */
type Other = { id: string; record: Subscriber | undefined; numberKeys: readonly string[]; held: Held | undefined };

/** Decides each pair from what both ends bring. */
export async function judge(context: Context, subscriber: Subscriber, ids: readonly string[]): Promise<Verdict[]> {
  const { stores, policy } = context;
  const { id } = subscriber;
  const others = await readOthers(stores, id, ids);
  // Where the policy asks for both books, nothing else makes friends of whom the own one does not hold.
  const possible = others.filter(({ held }) => policy === 'either' || held);
  const [blocks, blockedBy, ends] = await Promise.all([
    stores.privacies.blocksEach(id, others),
    stores.privacies.blocks(ids.map((who) => ({ who, other: { id, numberKeys: keysOf(subscriber) } }))),
    endsOf(stores, subscriber, possible),
  ]);
  return others.map(({ id: other, record, held }, i) => {
    const known = ends.get(other) ?? { mine: toEnd(subscriber, undefined), theirs: toEnd(record, undefined) };
    const mine = { ...known.mine, blocksOther: blocks[i] === true };
    const theirs = { ...known.theirs, blocksOther: blockedBy[i] === true };
    return {
      other,
      friend: record && associated(mine, theirs, policy) ? toFriend(record, held) : undefined,
      barred: barred(mine, theirs) ? record?.jid : undefined,
      pending: record?.state === 'pending',
    };
  });
}

/** Forgets noes and blocks against those who are gone on the way. */
async function readOthers(stores: Stores, id: string, ids: readonly string[]): Promise<Other[]> {
  const records = await stores.subscribers.records(ids);
  const gone = ids.filter((_, i) => !isStaying(records[i]));
  await Promise.all([stores.pairs.forgetDeclined(id, gone), stores.privacies.forgetBlocked(id, gone)]);
  const numberKeys = records.map((record) => (record ? keysOf(record) : []));
  const held = await heldNumbers(stores, id, numberKeys);
  return ids.map((other, i) => ({ id: other, record: records[i], numberKeys: numberKeys[i] ?? [], held: held[i] }));
}

/** By id of the other: both ends but for who blocks whom. */
async function endsOf(
  stores: Stores,
  subscriber: Subscriber,
  others: readonly Other[],
): Promise<Map<string, { mine: End; theirs: End }>> {
  const { id } = subscriber;
  const ids = others.map((other) => other.id);
  const [[own, ...privacies], heldBy, declined, declinedBy] = await Promise.all([
    stores.privacies.of([id, ...ids]),
    stores.addressBooks.holdsEach(ids, keysOf(subscriber)),
    stores.pairs.declinedEach(id, ids),
    stores.pairs.declined(ids.map((who) => ({ who, other: id }))),
  ]);
  return new Map(
    others.map(({ id: other, record, held }, i) => [
      other,
      {
        mine: toEnd(subscriber, own, held !== undefined, declined[i]),
        theirs: toEnd(record, privacies[i], heldBy[i], declinedBy[i]),
      },
    ]),
  );
}

/** For each of the others' numbers: the first of them, the primary before the others, that the subscriber's book holds. */
async function heldNumbers(
  stores: Stores,
  id: string,
  numberKeys: readonly (readonly string[])[],
): Promise<(Held | undefined)[]> {
  const labels = await stores.addressBooks.labels(id, numberKeys.flat());
  let from = 0;
  return numberKeys.map((own) => {
    const named = labels.slice(from, from + own.length);
    from += own.length;
    return firstHeld(own, named);
  });
}

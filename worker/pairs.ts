import { associated, barred, toEnd } from '../domain/friendship/association.ts';
import { OPEN, type Privacy } from '../domain/friendship/privacy.ts';
import { wake } from '../store/base/makes-due.ts';
import type { Label } from '../store/book/book-entry.ts';
import type { DirtyItem, Friend, FriendChanges } from '../store/friendship/friends.ts';
import type { Stores } from '../store/stores.ts';
import { isStaying, keysOf, type Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { Context } from './context.ts';

/** How many pairs are read and written together. */
const BATCH = 500;

/** Decides this end of every pair that is marked, and hands what changed to the roster job. */
export async function decidePairs(context: Context, subscriber: Subscriber): Promise<void> {
  const { stores } = context;
  const seen = Object.entries(await stores.pairs.dirty(subscriber.id));
  for (let from = 0; from < seen.length; from += BATCH) {
    const part = seen.slice(from, from + BATCH);
    const others = part.map(([other]) => other);
    const verdicts = await decide(context, subscriber, others);
    const early = await whereEarly(stores, subscriber.id, verdicts);
    const done = part.filter((_, i) => early[i] !== true);
    await stores.pairs.clearDirty(subscriber.id, Object.fromEntries(done));
  }
}

/** What one end makes of a pair: the friend as this roster shall show it, and the JID to keep the tune from. */
type Verdict = { friend: Friend | undefined; barred: string | undefined };

/**
 * For each verdict: whether it was made too early. It was if it rests on a number or a block that was stored while this job ran, and that is not in the
 * reverse index yet. If the other subscriber left now, or changed the number, the index would not name this end, and nobody would decide the pair
 * again. So its mark stays, and the next run decides it once more, after the number has been indexed.
 */
async function whereEarly(stores: Stores, id: string, verdicts: readonly Verdict[]): Promise<boolean[]> {
  const held = verdicts.flatMap(({ friend }) => friend?.held ?? []);
  const [unfollowed, { marks }] = await Promise.all([
    stores.addressBooks.dirtyAmong(id, held),
    stores.privacies.dirtyBlocked(id),
  ]);
  const blocking = Object.keys(marks).length > 0;
  return verdicts.map(({ friend, barred: jid }) => {
    const number = friend?.held;
    return (number !== undefined && unfollowed.has(number)) || (blocking && jid !== undefined);
  });
}

async function decide(context: Context, subscriber: Subscriber, others: string[]): Promise<Verdict[]> {
  const { stores, queues, metrics, now } = context;
  const { id } = subscriber;
  const [before, barredBefore, privacies] = await Promise.all([
    stores.friends.some(id, others),
    stores.sharing.barred(id),
    stores.privacies.of([id, ...others]),
  ]);
  const [own = OPEN, ...theirs] = privacies;
  const verdicts = await judge(context, subscriber, others, own, theirs);
  dateFriends(before, verdicts, now());
  const changes = changesOf(others, before, barredBefore, verdicts);
  const { set, unset, dirty, bar, unbar } = changes;
  metrics.pairs.inc({ outcome: 'changed' }, set.length + unset.length);
  metrics.pairs.inc({ outcome: 'same' }, others.length - set.length - unset.length);
  if (dirty.length + bar.length + unbar.length === 0) return verdicts;
  // Whoever parts loses the tune first: the tune job hands on to the roster job.
  await wake(queues, 'audience', (await stores.friends.write(id, changes, now())) ? [id] : []);
  await wake(queues, 'befriended', set.length > 0 ? [id] : []);
  for (const other of [...set.map((friend) => friend.id), ...unset])
    await stores.events.tell(id, { what: 'friends', id: other });
  // Who sees this one's tune may be others now.
  await stores.events.tell(id, { what: 'now-playing' });
  return verdicts;
}

/** Somebody who comes into other groups begins anew: it may be shown now what it was not before. */
function dateFriends(before: readonly (Friend | undefined)[], verdicts: readonly Verdict[], now: number): void {
  for (const [i, { friend }] of verdicts.entries()) {
    if (!friend) continue;
    const was = before[i];
    const goesOn = JSON.stringify(was?.groups) === JSON.stringify(friend.groups);
    friend.since = (goesOn ? was?.since : undefined) ?? now;
  }
}

function changesOf(
  others: readonly string[],
  before: readonly (Friend | undefined)[],
  barredBefore: ReadonlyMap<string, string>,
  verdicts: readonly Verdict[],
): FriendChanges {
  const [set, unset, dirty]: [Friend[], string[], DirtyItem[]] = [[], [], []];
  const [bar, unbar]: [[string, string][], string[]] = [[], []];
  for (const [i, other] of others.entries()) {
    const [was, is, barredJid] = [before[i], verdicts[i]?.friend, verdicts[i]?.barred];
    if (barredJid === undefined && barredBefore.has(other)) unbar.push(other);
    else if (barredJid !== undefined && barredBefore.get(other) !== barredJid) bar.push([other, barredJid]);
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    if (is) set.push(is);
    else unset.push(other);
    for (const jid of new Set([was?.jid, is?.jid])) if (jid !== undefined) dirty.push({ jid, id: other });
  }
  return { set, unset, dirty, bar, unbar };
}

/** Decides each pair from what both ends bring. */
async function judge(
  { stores, policy }: Context,
  subscriber: Subscriber,
  others: string[],
  own: Privacy,
  theirs: readonly Privacy[],
): Promise<Verdict[]> {
  const { id } = subscriber;
  const records = await stores.subscribers.records(others);
  const gone = others.filter((_, i) => !isStaying(records[i]));
  await Promise.all([stores.pairs.forgetDeclined(id, gone), stores.privacies.forgetBlocked(id, gone)]);
  const numberKeys = records.map((record) => (record ? keysOf(record) : []));
  const ownKeys = keysOf(subscriber);
  const [held, heldBy, declined, declinedBy, blocks, blockedBy] = await Promise.all([
    heldNumbers(stores, id, numberKeys),
    stores.addressBooks.holdsEach(others, ownKeys),
    stores.pairs.declined(others.map((other) => ({ who: id, other }))),
    stores.pairs.declined(others.map((who) => ({ who, other: id }))),
    stores.privacies.blocks(
      others.map((other, i) => ({ who: id, other: { id: other, numberKeys: numberKeys[i] ?? [] } })),
    ),
    stores.privacies.blocks(others.map((who) => ({ who, other: { id, numberKeys: ownKeys } }))),
  ]);
  return records.map((record, i) => {
    const mine = toEnd(subscriber, own, held[i] !== undefined, declined[i], blocks[i]);
    const other = toEnd(record, theirs[i], heldBy[i], declinedBy[i], blockedBy[i]);
    return {
      friend: record && associated(mine, other, policy) ? toFriend(record, held[i]) : undefined,
      barred: barred(mine, other) ? record?.jid : undefined,
    };
  });
}

type Held = { numberKey: string; label: Label };

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
    const first = named.findIndex((label) => label !== undefined);
    return first < 0 ? undefined : { numberKey: own[first] as string, label: named[first] as Label };
  });
}

/** The name is the one in the subscriber's own books; a friend whom they do not hold or name goes by its display name. */
function toFriend({ id, jid, displayName }: Subscriber, held: Held | undefined): Friend {
  if (!held) return { id, jid, name: displayName, groups: [] };
  return { id, jid, name: held.label.name || displayName, groups: held.label.groups, held: held.numberKey };
}

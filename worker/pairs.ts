import { setImmediate as turnOfOthers } from 'node:timers/promises';
import { inBatches } from '../runtime/batches.ts';
import type { Marks } from '../store/base/marks.ts';
import { wake } from '../store/due/makes-due.ts';
import type { DirtyItem, Friend, FriendChanges } from '../store/friendship/friends.ts';
import type { Stores } from '../store/stores.ts';
import type { Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { Context } from './context.ts';
import { dateFriend } from './friend-entry.ts';
import { bringOtherEnds, otherEndsOf } from './other-ends.ts';
import { type Asked, judge, type Verdict } from './verdicts.ts';

/** How many pairs are read and written together. */
const BATCH = 500;

/**
 * The marks of numbers and of blocks that the job has followed into the reverse index and to their pairs. `others`: with whom
 * the pair is concerned by a block that was made or lifted.
 */
export type Followed = { numbers: Marks; blocked: { marks: Marks; others: ReadonlySet<string> } };

/**
 * Decides this end of every pair that is marked, and hands what changed to the roster job; where
 * this job has to, it brings the other ends in line. `written`: gets the ids of other ends that
 * were written. Returns the marks of the pairs that were decided last, which are still to be taken away.
 */
export async function decidePairs(
  context: Context,
  subscriber: Subscriber,
  written: string[],
  followed: Followed,
): Promise<Marks> {
  const { stores } = context;
  let decided: Marks = {};
  for (const part of inBatches(await stores.pairs.dirty(subscriber.id), BATCH)) {
    await stores.pairs.clearDirty(subscriber.id, decided);
    const others = part.map(({ other }) => other);
    const { verdicts, changes } = await decide(context, subscriber, others, followed.blocked.others);
    const asked = verdicts.filter((_, i) => part[i]?.bothEnds);
    const [, early, ends] = await Promise.all([
      write(context, subscriber.id, changes),
      whereEarly(stores, subscriber.id, verdicts, followed),
      // Once the write is sent: Redis syncs it meanwhile.
      turnOfOthers().then(() => otherEndsOf(context, subscriber, asked)),
    ]);
    const isEarly = new Set(others.filter((_, i) => early[i]));
    const inTime = ends.filter(({ id }) => !isEarly.has(id));
    await bringOtherEnds(context, subscriber, inTime, written);
    await leaveToNewcomers(context, subscriber, verdicts);
    const done = part.filter((_, i) => !early[i]);
    decided = Object.assign({}, ...done.map(({ marks }) => marks));
  }
  return decided;
}

/**
 * Marks the pairs with subscribers who were not active yet, at those subscribers and for both ends.
 * Whoever becomes active need not announce its numbers (decision 162), so nothing else would have the
 * pair decided again. If it becomes active later, that step finds the mark and announces; if it has
 * become active in between, the job that is asked for here finds the mark.
 */
async function leaveToNewcomers(
  { stores, queues, now }: Context,
  { id }: Subscriber,
  verdicts: readonly Verdict[],
): Promise<void> {
  const newcomers = verdicts.flatMap(({ other, pending }) => (pending ? [other] : []));
  await Promise.all(newcomers.map((other) => stores.pairs.markBothEnds(other, [id], now())));
  await wake(queues, 'paired', newcomers);
}

/**
 * For each verdict: whether it was made too early. It was if it rests on a number or a block that was stored while this job ran, and that is not in the
 * reverse index yet. If the other subscriber left now, or changed the number, the index would not name this end, and nobody would decide the pair
 * again. So its mark stays, and the next run decides it once more, after the number has been indexed.
 */
async function whereEarly(
  stores: Stores,
  id: string,
  verdicts: readonly Verdict[],
  followed: Followed,
): Promise<boolean[]> {
  const held = verdicts.flatMap(({ friend }) => friend?.held ?? []);
  const [unfollowed, { marks }] = await Promise.all([
    stores.addressBooks.dirtyAmong(id, held, followed.numbers),
    stores.privacies.dirtyBlocked(id),
  ]);
  const blocking = Object.entries(marks).some(([field, stamp]) => followed.blocked.marks[field] !== stamp);
  return verdicts.map(({ friend, barred: jid }) => {
    const number = friend?.held;
    return (number !== undefined && unfollowed.has(number)) || (blocking && jid !== undefined);
  });
}

/** A subscriber with what is stored of its own end of pairs: all of its friends, and all who are barred. */
export type OwnEnds = Asked & { friends: ReadonlyMap<string, Friend>; barred: ReadonlyMap<string, string> };

/** Those whose end of a pair with one of the others is not as it would be decided now. Writes nothing of it. */
export async function whoDiffers(context: Context, all: readonly OwnEnds[]): Promise<Set<string>> {
  const wrong = new Set<string>();
  for (const some of portions(all)) {
    const verdicts = await judge(context, some);
    for (const [i, { subscriber, others, friends, barred }] of some.entries()) {
      const before = others.map((other) => friends.get(other));
      const { set, unset, bar, unbar } = compare(context, others, before, barred, verdicts[i] ?? []);
      if (set.length + unset.length + bar.length + unbar.length > 0) wrong.add(subscriber.id);
    }
  }
  return wrong;
}

/** As many pairs together as are read at once; somebody with more stands in several portions. */
function portions(all: readonly OwnEnds[]): OwnEnds[][] {
  const found: OwnEnds[][] = [];
  let room = 0;
  for (const one of all)
    for (const others of inBatches(one.others, BATCH)) {
      if (others.length > room) {
        found.push([]);
        room = BATCH;
      }
      room -= others.length;
      found.at(-1)?.push({ ...one, others });
    }
  return found;
}

/** Writes nothing of this end. `parted`: others who were blocked meanwhile, whatever is so now: they begin anew. */
async function decide(
  context: Context,
  subscriber: Subscriber,
  others: string[],
  parted: ReadonlySet<string>,
): Promise<{ verdicts: Verdict[]; changes: FriendChanges }> {
  const { stores, metrics } = context;
  const { id } = subscriber;
  const [before, barredBefore, [verdicts = []]] = await Promise.all([
    stores.friends.some(id, others),
    stores.sharing.barredAmong(id, others),
    judge(context, [{ subscriber, others }]),
  ]);
  // Here and not where pairs are judged: a round, which only looks, would tell by it which blocked ids are nobody’s.
  const gone = verdicts.flatMap((verdict) => (verdict.gone ? [verdict.other] : []));
  await Promise.all([stores.pairs.forgetDeclined(id, gone), stores.privacies.forgetBlocked(id, gone)]);
  const changes = compare(context, others, before, barredBefore, verdicts, parted);
  const changed = changes.set.length + changes.unset.length;
  metrics.pairs.inc({ outcome: 'changed' }, changed);
  metrics.pairs.inc({ outcome: 'same' }, others.length - changed);
  return { verdicts, changes };
}

/** Writes this end, and has it shown. */
async function write({ stores, queues, now }: Context, id: string, changes: FriendChanges): Promise<void> {
  const { set, dirty, bar, unbar } = changes;
  if (dirty.length + bar.length + unbar.length === 0) return;
  // Whoever parts loses the tune first: the tune job hands on to the roster job.
  await wake(queues, 'audience', (await stores.friends.write(id, changes, now())) ? [id] : []);
  await wake(queues, 'befriended', set.length > 0 ? [id] : []);
}

/** What the verdicts change of what is stored. Friends who stay are dated as they were, others and those of `parted` from now on. */
function compare(
  { now }: Pick<Context, 'now'>,
  others: readonly string[],
  before: readonly (Friend | undefined)[],
  barredBefore: ReadonlyMap<string, string>,
  verdicts: readonly Verdict[],
  parted: ReadonlySet<string> = new Set(),
): FriendChanges {
  for (const [i, { friend, other }] of verdicts.entries())
    if (friend) dateFriend(friend, parted.has(other) ? undefined : before[i], now());
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

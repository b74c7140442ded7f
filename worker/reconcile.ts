import { type Marks, newStamp } from '../store/base/marks.ts';
import type { Batch } from '../store/base/partitions.ts';
import { wake } from '../store/due/makes-due.ts';
import type { DirtyBlocked } from '../store/friendship/privacy.ts';
import type { Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { Context } from './context.ts';
import { enterAgain, isOutdated } from './identity.ts';
import { decidePairs, type Followed } from './pairs.ts';

/**
 * The `reconcile` job: follows what changed about one subscriber to every pair it concerns, and decides this end of those
 * pairs. Every step can be done twice, but only one after the other: whoever was overtaken has it all looked at anew.
 */
export function createReconcileJob(context: Context): (id: string) => Promise<void> {
  const { stores } = context;

  return async (id) => {
    const begun = await begin(context, id);
    const written: string[] = [];
    try {
      await reconcile(context, id, begun, written);
    } finally {
      if (!(await stores.runs.end(id, begun.run))) await lookAnew(context, id, written);
    }
  };
}

/** The subscriber, and the numbers that it announces, as of one moment. */
type State = { subscriber: Subscriber | undefined; announced: Marks };
/** What a run begins with. `run`: its stamp; `wish`: that of a wish to look at everything. */
type Begun = { run: string; state: State; wish: string | undefined };

/** A run that was overtaken before it began must not go by what was read before: so it begins in the step that reads. */
async function begin({ stores, now }: Context, id: string): Promise<Begun> {
  const run = newStamp();
  const read = (begins?: (batch: Batch) => void) =>
    Promise.all([stores.subscribers.recordAnnounced(id, begins), stores.reconciliation.wish(id)]);
  const [first, settled] = await Promise.all([
    read((batch) => stores.runs.begin(batch, id, run)),
    stores.subscribers.identity.settle(id, now()),
  ]);
  const [state, wish] = settled ? await read() : first;
  return { run, state, wish };
}

/**
 * Another process did this job at the same time, and either may have written what the other had
 * read differently, here and at the other ends that were `written`.
 */
async function lookAnew({ stores, queues, log, now }: Context, id: string, written: readonly string[]): Promise<void> {
  log.warn({ subject: id }, 'this job ran twice at the same time; everything about its subscriber is looked at anew');
  await stores.pairs.touch(id, written, now());
  await wake(queues, 'paired', written);
  const subscriber = await stores.subscribers.record(id);
  if (subscriber) await stores.reconciliation.mark([subscriber], now());
  await wake(queues, 'recheck', [id]);
}

/** A mark is taken away only after its work is done. */
async function reconcile(context: Context, id: string, begun: Begun, written: string[]): Promise<void> {
  const { stores } = context;
  const { subscriber, announced } = await presentState(context, id, begun);
  // Due as long as it is: nothing may announce it when it becomes active.
  if (subscriber?.state === 'pending') return;
  if (subscriber?.state === 'leaving') await letGo(context, subscriber);
  if (subscriber) {
    const [policy, numbers, dirtyBlocked] = await Promise.all([
      // After the marks that a round has made here: one that comes into force later makes them anew.
      stores.reconciliation.policy(),
      stores.addressBooks.dirtyNumbers(id),
      stores.privacies.dirtyBlocked(id),
    ]);
    const decided = { ...context, policy: policy ?? context.policy };
    await followAnnounced(decided, id, announced);
    await followNumbers(context, id, numbers);
    const followed = { numbers, blocked: await followBlocked(context, id, dirtyBlocked) };
    const pairs = await decidePairs(decided, subscriber, written, followed);
    // Only now: who is blocked sees nothing as long as the mark is there, and the book is not followed before its pairs are decided.
    // Together: roster jobs read meanwhile, and Redis answers nobody while it syncs.
    await Promise.all([
      stores.pairs.clearDirty(id, pairs),
      stores.privacies.clearDirtyBlocked(id, followed.blocked.marks, context.now()),
      stores.addressBooks.clearDirtyNumbers(id, followed.numbers),
    ]);
  }
  const { keys } = stores;
  const marks = [keys.announced(id), keys.dirtyNumbers(id), keys.dirtyBlocked(id), keys.dirtyPairs(id)];
  if (!subscriber) await stores.subscribers.forgetMarks(id);
  await stores.due.settle('reconcile', id, subscriber ? [keys.intention(id), ...marks] : []);
}

/**
 * First does what was asked for about the subscriber as a whole: look at everything anew, or enter
 * the directory under other keys. Then gives the record and the numbers that it announces, as of
 * one moment.
 */
async function presentState(context: Context, id: string, { state, wish }: Begun): Promise<State> {
  const { stores, now } = context;
  const { subscriber } = state;
  const active = subscriber?.state === 'active';
  if (wish !== undefined && active) await stores.addressBooks.touchAll(id, now());
  const entering = active && (wish !== undefined || isOutdated(subscriber, context));
  if (entering) await enterAgain(context, subscriber);
  if (wish !== undefined) await stores.reconciliation.fulfil(id, wish);
  return entering ? stores.subscribers.recordAnnounced(id) : state;
}

/**
 * A number got or lost its owner, or its owner may now be found, or no longer. Marks the pairs with
 * everybody whom this may concern:
 * those who hold or block the number; friends, and those whose pairs are still undecided, because a
 * book may have dropped the old number before this job asked for its holders; those who are barred
 * by a number that may be another now; and, under the policy `either`, everybody in the
 * subscriber's own book.
 */
async function followAnnounced(context: Context, id: string, seen: Marks): Promise<void> {
  const { stores, policy } = context;
  const numberKeys = Object.keys(seen);
  if (numberKeys.length === 0) return;
  const holders = await stores.holders.ofEach(numberKeys);
  const friends = (await stores.friends.list(id)).map((friend) => friend.id);
  const barred = (await stores.sharing.barred(id)).keys();
  const held = policy === 'either' ? await stores.directory.owners(await stores.addressBooks.numbers(id)) : [];
  const owners = held.filter((owner) => owner !== undefined);
  const undecided = (await stores.pairs.dirty(id)).map(({ other }) => other);
  await touch(context, id, [...holders.flat(), ...friends, ...barred, ...owners, ...undecided]);
  await stores.pairs.clearAnnounced(id, seen);
}

/**
 * The book got or lost these numbers. Marks the pairs with their owners, and with the friends whom
 * the book held by them: such a friend may have given the number up meanwhile, and have decided its
 * own end of the pair before. `seen`: the marks of the numbers, to be taken away when those pairs are decided.
 */
async function followNumbers(context: Context, id: string, seen: Marks): Promise<void> {
  const { stores } = context;
  const numberKeys = Object.keys(seen);
  if (numberKeys.length === 0) return;
  const [{ held, owners }, forgiven] = await Promise.all([
    enterNumbers(context, id, numberKeys),
    // A no ends in the same step in which the contact leaves the book, which marks its number.
    stores.pairs.forgiven(id),
  ]);
  const lost = await stores.friends.heldBy(
    id,
    numberKeys.filter((_, i) => held[i] === false),
  );
  await touch(context, id, [...owners, ...lost, ...Object.keys(forgiven)]);
  await stores.pairs.clearForgiven(id, forgiven);
}

/**
 * Somebody was blocked, or no longer is: that one pair is concerned, or whoever owns the number now. Returns those others, and the
 * marks that were `seen`, to be taken away when these pairs are decided.
 */
async function followBlocked(context: Context, id: string, seen: DirtyBlocked): Promise<Followed['blocked']> {
  const { stores } = context;
  const { ids, numberKeys, marks } = seen;
  if (ids.length + numberKeys.length === 0) return { marks, others: new Set() };
  const { owners } = await enterNumbers(context, id, numberKeys);
  const known = await stores.subscribers.records(ids);
  const others = new Set([...owners, ...known.flatMap((record) => record?.id ?? [])]);
  await touch(context, id, [...others]);
  return { marks, others };
}

/** Brings the index of holders in line with these numbers of the books or the blocks. Returns which of them the books hold, and whoever owns one. */
async function enterNumbers(
  { stores }: Context,
  id: string,
  numberKeys: readonly string[],
): Promise<{ held: boolean[]; owners: string[] }> {
  const [held, blocked, index] = await Promise.all([
    stores.addressBooks.holds(id, numberKeys),
    stores.privacies.blocksNumbers(id, numberKeys),
    stores.holders.indexOf(id),
  ]);
  const owners = await stores.holders.update(
    index,
    numberKeys.map((numberKey, i) => ({ numberKey, held: held[i] === true || blocked[i] === true })),
  );
  return { held, owners };
}

/** Marks the pairs with these others. Later this job decides its own end of them, and sees to the other ends. */
async function touch({ stores, now }: Context, id: string, others: readonly string[]): Promise<void> {
  const unique = [...new Set(others)].filter((other) => other !== id);
  await stores.pairs.markBothEnds(id, unique, now());
}

/** Somebody leaves: the book, the tune, every block and every friendship end. */
async function letGo(context: Context, subscriber: Subscriber): Promise<void> {
  const { stores, queues, now } = context;
  const { id } = subscriber;
  await stores.subscribers.release(subscriber, now());
  await stores.tokens.revokeAll(id);
  await stores.addressBooks.drop(id, now());
  await stores.photos.drop(id);
  for (const name of await stores.sources.names(id)) await stores.sources.unlink(id, name, now());
  await stores.nowPlaying.stop(id, undefined, now());
  await stores.sharing.ask(id, now());
  await wake(queues, 'audience', [id]);
  await stores.privacies.lift(id);
  await stores.pairs.withdrawNoes(id);
  const friends = (await stores.friends.list(id)).map((friend) => friend.id);
  await touch(context, id, [...friends, ...(await stores.pairs.declinedBy(id))]);
}

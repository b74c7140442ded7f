import type { Subscriber } from '../store/subscriber-record.ts';
import type { Context } from './context.ts';
import { decidePairs } from './pairs.ts';

/**
 * The `reconcile` job: follows what changed about one subscriber to every pair it concerns, and decides this end of those
 * pairs. Every step can be done twice; a mark is taken away only after its work is done.
 */
export function createReconcileJob(context: Context): (id: string) => Promise<void> {
  const { stores } = context;

  return async (id) => {
    const subscriber = await stores.subscribers.record(id);
    if (subscriber?.state === 'leaving') await letGo(context, subscriber);
    if (subscriber && subscriber.state !== 'pending') {
      await followAnnounced(context, id);
      await followNumbers(context, id);
      await followBlocked(context, id);
      await decidePairs(context, subscriber);
    }
    const { announced, dirtyNumbers, dirtyBlocked, dirtyPairs } = stores.keys;
    const marks = [announced(id), dirtyNumbers(id), dirtyBlocked(id), dirtyPairs(id)];
    await stores.due.settle('reconcile', id, subscriber ? marks : []);
  };
}

/**
 * A number got or lost its owner, or its owner let itself be found or no longer does: everybody whose book holds it is concerned. So is
 * everybody with whom this one is friends or about to be: a book may have dropped the old number before its owner's job came to ask for the
 * holders. So is whoever is barred, by a number that may be another now, and, where one book suffices, everybody in this one's own.
 */
async function followAnnounced(context: Context, id: string): Promise<void> {
  const { stores, policy } = context;
  const seen = await stores.pairs.announced(id);
  const numberKeys = Object.keys(seen);
  if (numberKeys.length === 0) return;
  const holders = await Promise.all(numberKeys.map((numberKey) => stores.holders.of(numberKey)));
  const friends = (await stores.friends.list(id)).map((friend) => friend.id);
  const barred = (await stores.sharing.barred(id)).keys();
  const held = policy === 'either' ? await stores.directory.owners(await stores.addressBooks.numbers(id)) : [];
  const owners = held.filter((owner) => owner !== undefined);
  const undecided = Object.keys(await stores.pairs.dirty(id));
  await touch(context, id, [...holders.flat(), ...friends, ...barred, ...owners, ...undecided]);
  await stores.pairs.clearAnnounced(id, seen);
}

/** The book changed at these numbers: whoever owns one of them is concerned. */
async function followNumbers(context: Context, id: string): Promise<void> {
  const { stores } = context;
  const seen = await stores.addressBooks.dirtyNumbers(id);
  const numberKeys = Object.keys(seen);
  if (numberKeys.length === 0) return;
  const held = await stores.addressBooks.holds(id, numberKeys);
  // First the holders, then the owners: whoever joins in this moment does it the other way round, and one sees the other.
  await stores.holders.update(
    id,
    numberKeys.map((numberKey, i) => ({ numberKey, held: held[i] === true })),
  );
  const owners = await stores.directory.owners(numberKeys);
  // A no to a friend lasts until the contact leaves the book; coming back is asking anew.
  await stores.pairs.undecline(
    id,
    owners.filter((owner, i): owner is string => owner !== undefined && held[i] === false),
  );
  await touch(
    context,
    id,
    owners.filter((owner) => owner !== undefined),
  );
  await stores.addressBooks.clearDirtyNumbers(id, seen);
}

/** Somebody was blocked, or no longer is: that one pair is concerned, or whoever owns the number now. */
async function followBlocked(context: Context, id: string): Promise<void> {
  const { stores } = context;
  const { ids, numberKeys, marks } = await stores.privacies.dirtyBlocked(id);
  if (ids.length + numberKeys.length === 0) return;
  const owners = await stores.directory.owners(numberKeys);
  const known = await stores.subscribers.records(ids);
  const others = [...owners, ...known.map((record) => record?.id)];
  await touch(
    context,
    id,
    others.filter((other) => other !== undefined),
  );
  await stores.privacies.clearDirtyBlocked(id, marks);
}

/** Both ends decide for themselves: this one below, in the same job, the others in jobs of their own. */
async function touch({ stores, queues, now }: Context, id: string, others: readonly string[]): Promise<void> {
  const unique = [...new Set(others)].filter((other) => other !== id);
  await stores.pairs.touch(id, unique, now());
  await queues.enqueue('reconcile', unique);
}

/** Somebody leaves: the book, the tune and every friendship end. */
async function letGo(context: Context, subscriber: Subscriber): Promise<void> {
  const { stores, queues, now } = context;
  const { id } = subscriber;
  await stores.subscribers.freeNumber(subscriber);
  await stores.tokens.revokeAll(id);
  await stores.addressBooks.drop(id, now());
  await stores.photos.drop(id);
  await stores.nowPlaying.stop(id, undefined, now());
  await stores.sharing.ask(id, now());
  await queues.enqueue('tune', [id]);
  const friends = await stores.friends.list(id);
  await touch(
    context,
    id,
    friends.map((friend) => friend.id),
  );
}

import { keysOf, type Subscriber } from '../store/subscriber-record.ts';
import type { Context } from './context.ts';
import { enterAgain, isOutdated } from './identity.ts';
import { decidePairs } from './pairs.ts';

/**
 * The `reconcile` job: follows what changed about one subscriber to every pair it concerns, and decides this end of those
 * pairs. Every step can be done twice; a mark is taken away only after its work is done.
 */
export function createReconcileJob(context: Context): (id: string) => Promise<void> {
  const { stores, now } = context;

  return async (id) => {
    await stores.subscribers.identity.settle(id, now());
    const subscriber = await presentRecord(context, id);
    if (subscriber?.state === 'leaving') await letGo(context, subscriber);
    if (subscriber && subscriber.state !== 'pending') {
      await followAnnounced(context, id);
      await followNumbers(context, id);
      await decidePairs(context, subscriber);
    }
    const { intention, announced, dirtyNumbers, dirtyPairs } = stores.keys;
    const open = [intention(id), announced(id), dirtyNumbers(id), dirtyPairs(id)];
    await stores.due.settle('reconcile', id, subscriber ? open : []);
  };
}

/** The record, after what was asked for about the subscriber as a whole: everything anew, or other keys. */
async function presentRecord(context: Context, id: string): Promise<Subscriber | undefined> {
  const { stores, now } = context;
  const [subscriber, wish] = await Promise.all([stores.subscribers.record(id), stores.reconciliation.wish(id)]);
  const active = subscriber?.state === 'active';
  if (wish !== undefined && active) await stores.addressBooks.touchAll(id, now());
  const entered = active && (wish !== undefined || isOutdated(subscriber, context));
  const present = entered ? await enterAgain(context, subscriber) : subscriber;
  if (wish !== undefined) await stores.reconciliation.fulfil(id, wish);
  return present;
}

/**
 * A number got or lost its owner: everybody whose book holds it is concerned. So is everybody with whom this one is friends or
 * about to be: a book may have dropped the old number before its owner's job came to ask for the holders.
 */
async function followAnnounced(context: Context, id: string): Promise<void> {
  const { stores } = context;
  const seen = await stores.pairs.announced(id);
  const numberKeys = Object.keys(seen);
  if (numberKeys.length === 0) return;
  const holders = await Promise.all(numberKeys.map((numberKey) => stores.holders.of(numberKey)));
  const friends = (await stores.friends.list(id)).map((friend) => friend.id);
  await touch(context, id, [...holders.flat(), ...friends, ...Object.keys(await stores.pairs.dirty(id))]);
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
  await askAnew(
    context,
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

/** A no to a friend lasts until the contact has left the book with every number; coming back is asking anew. */
async function askAnew({ stores }: Context, id: string, others: readonly string[]): Promise<void> {
  if (others.length === 0) return;
  const records = await stores.subscribers.records(others);
  const held = await Promise.all(
    records.map(async (record) => {
      const numberKeys = record ? keysOf(record) : [];
      return numberKeys.length > 1 && (await stores.addressBooks.holds(id, numberKeys)).includes(true);
    }),
  );
  await stores.pairs.undecline(
    id,
    others.filter((_, i) => !held[i]),
  );
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
  await stores.subscribers.release(subscriber, now());
  await stores.tokens.revokeAll(id);
  await stores.addressBooks.drop(id, now());
  await stores.photos.drop(id);
  for (const name of await stores.sources.names(id)) await stores.sources.unlink(id, name, now());
  if (await stores.nowPlaying.stop(id, undefined, now())) await queues.enqueue('tune', [id]);
  const friends = await stores.friends.list(id);
  await touch(
    context,
    id,
    friends.map((friend) => friend.id),
  );
}

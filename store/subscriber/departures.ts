import type { Redis } from '../../runtime/redis/redis.ts';
import { claim, release } from '../base/claims.ts';
import { type Interned, idPlace } from '../base/interned.ts';
import { DUE_NAMES, type Keys } from '../base/keys.ts';
import { partitionOf } from '../base/partitions.ts';
import { allBuckets } from '../image/book-buckets.ts';
import { changedKeys, FORGET_CHANGED } from './changed-script.ts';
import type { Gone } from './gone.ts';
import { jidPlace, numberPlace } from './places.ts';
import { keysOf, type Subscriber } from './subscriber-record.ts';

/** How a subscriber goes: each step can be done twice, and gives back only what is still the subscriber's own. */
export function createDepartures(redis: Redis, interned: Interned, gone: Gone, keys: Keys) {
  /** Somebody who leaves, or never came, gives the numbers up. */
  async function freeNumbers(subscriber: Subscriber): Promise<void> {
    const index = await interned.indexOf(subscriber.id);
    if (index === undefined) return;
    await Promise.all(keysOf(subscriber).map((key) => release(redis, numberPlace(keys, key), index)));
  }

  /** Forgets a subscriber that never became active. */
  async function abandon(subscriber: Subscriber): Promise<void> {
    await freeNumbers(subscriber);
    await forget(subscriber);
  }

  /** Forgets a subscriber for whom everything is undone, frees its JID, and notes that it is gone. The record goes last, so this can be done again. */
  async function forget(subscriber: Subscriber): Promise<void> {
    const { id, jid } = subscriber;
    const [index, buckets] = await Promise.all([interned.indexOf(id), redis.hGet(keys.book(id), 'buckets')]);
    if (index !== undefined) {
      const place = jidPlace(keys, jid);
      if ((await redis.hGet(place.key, place.field)) === `${index}`) await redis.hDel(keys.presence, jid);
      await release(redis, place, index);
      const { key, field } = idPlace(keys, index);
      await redis.hDel(key, field);
    }
    const farewell = await gone.farewell(id, subscriber);
    const batch = redis.multi();
    const places = { record: keys.subscriber(id), ...changedKeys(keys, id), gone: keys.gone(partitionOf(id)) };
    FORGET_CHANGED.add(batch, places, { farewell });
    batch
      .unlink([...ownKeys(keys, subscriber), ...bookKeys(keys, id, Number(buckets ?? 1))])
      .sRem(keys.leaving(partitionOf(id)), id)
      .hDel(keys.rechecks(partitionOf(id)), id)
      .hDel(keys.running(partitionOf(id)), id);
    for (const due of DUE_NAMES) batch.zRem(keys.due(due, id), id);
    await batch.exec();
  }

  /** Takes away what others marked at a subscriber who was forgotten meanwhile. */
  async function forgetMarks(id: string): Promise<void> {
    await redis
      .multi()
      .unlink([keys.announced(id), keys.dirtyNumbers(id), keys.dirtyBlocked(id), keys.dirtyPairs(id)])
      .hDel(keys.rechecks(partitionOf(id)), id)
      .exec();
  }

  /** Keeps a JID, its own or a former one, from everybody else while its account is deleted; false when somebody else has it. */
  async function holdJid(id: string, jid: string): Promise<boolean> {
    const index = await interned.indexOf(id);
    return index !== undefined && (await claim(redis, jidPlace(keys, jid), index));
  }

  /** Gives a JID back that was held; the present one goes with the record. */
  async function dropJid({ id, jid: present }: Subscriber, jid: string): Promise<void> {
    const index = await interned.indexOf(id);
    if (index !== undefined && jid !== present) await release(redis, jidPlace(keys, jid), index);
  }

  return { freeNumbers, abandon, forget, forgetMarks, holdJid, dropJid };
}

function ownKeys(keys: Keys, { id, jid }: Subscriber): string[] {
  return [
    keys.subscriber(id),
    keys.account(id),
    keys.madeAccounts(id),
    keys.lockedOut(id),
    keys.tokens(id),
    keys.applicationPasswords(id),
    keys.book(id),
    keys.dirtyNumbers(id),
    keys.budget(id).budget,
    keys.budget(id).asked,
    keys.waiting(id),
    keys.dirtyPairs(id),
    keys.intention(id),
    keys.announced(id),
    keys.privacy(id),
    keys.blocked(id),
    keys.dirtyBlocked(id),
    keys.barred(id),
    keys.partings(id),
    keys.friends(id),
    keys.declined(id),
    keys.declinedBy(id),
    keys.dirtyItems(id),
    keys.ledger(id, jid),
    keys.offered(id, jid),
    keys.former(id),
    keys.playing(id),
    ...keys.toldOfEach(id),
    keys.sources(id),
    keys.photos(id),
    keys.images(id),
    keys.listening(id),
    keys.lately(id),
    keys.avatar(id),
    keys.recent(id),
    keys.answered(id),
    keys.playerSessions(id),
  ];
}

function bookKeys(keys: Keys, id: string, buckets: number): string[] {
  return allBuckets(buckets).flatMap((bucket) => [keys.held(id, bucket), keys.uids(id, bucket)]);
}

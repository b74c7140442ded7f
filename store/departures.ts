import type { Redis } from '../runtime/redis.ts';
import { allBuckets } from './book-buckets.ts';
import { type Claimed, release } from './claims.ts';
import { type Interned, idPlace } from './interned.ts';
import type { Keys } from './keys.ts';
import { partitionOf, placeOf } from './partitions.ts';
import type { Subscriber } from './subscriber-record.ts';

/** Where the directory has the subscriber's number. */
export function numberPlace(keys: Keys, { numberKey }: Subscriber): Claimed {
  const { bucket, field } = placeOf(numberKey);
  return { key: keys.directory(bucket), field };
}

/** Where it is written who uses the subscriber's JID. */
export function jidPlace(keys: Keys, { jid }: Subscriber): Claimed {
  return { key: keys.jids(jid), field: jid };
}

/** How a subscriber goes: each step can be done twice, and gives back only what is still the subscriber's own. */
export function createDepartures(redis: Redis, interned: Interned, keys: Keys) {
  /** Somebody who leaves, or never came, gives the number up. */
  async function freeNumber(subscriber: Subscriber): Promise<void> {
    const index = await interned.indexOf(subscriber.id);
    if (index !== undefined) await release(redis, numberPlace(keys, subscriber), index);
  }

  /** Forgets a subscriber that never became active. */
  async function abandon(subscriber: Subscriber): Promise<void> {
    await freeNumber(subscriber);
    await forget(subscriber);
  }

  /** Forgets a subscriber for whom everything is undone, and frees its JID. The record goes last, so this can be done again. */
  async function forget(subscriber: Subscriber): Promise<void> {
    const { id, jid } = subscriber;
    const [index, buckets] = await Promise.all([interned.indexOf(id), redis.hGet(keys.book(id), 'buckets')]);
    if (index !== undefined) {
      const place = jidPlace(keys, subscriber);
      if ((await redis.hGet(place.key, place.field)) === `${index}`) await redis.hDel(keys.presence, jid);
      await release(redis, place, index);
      const { key, field } = idPlace(keys, index);
      await redis.hDel(key, field);
    }
    await redis
      .multi()
      .del([...ownKeys(keys, id), ...bookKeys(keys, id, Number(buckets ?? 0))])
      .sRem(keys.leaving(partitionOf(id)), id)
      .zRem(keys.due('tune', id), id)
      .zRem(keys.due('roster', id), id)
      .zRem(keys.due('reconcile', id), id)
      .zRem(keys.due('account', id), id)
      .exec();
  }

  return { freeNumber, abandon, forget };
}

function ownKeys(keys: Keys, id: string): string[] {
  return [
    keys.subscriber(id),
    keys.account(id),
    keys.tokens(id),
    keys.book(id),
    keys.dirtyNumbers(id),
    keys.dirtyPairs(id),
    keys.announced(id),
    keys.privacy(id),
    keys.blocked(id),
    keys.dirtyBlocked(id),
    keys.barred(id),
    keys.partings(id),
    keys.access(id),
    keys.friends(id),
    keys.declined(id),
    keys.dirtyItems(id),
    keys.ledger(id),
    keys.playing(id),
    keys.published(id),
  ];
}

function bookKeys(keys: Keys, id: string, buckets: number): string[] {
  return allBuckets(buckets).flatMap((bucket) => [keys.held(id, bucket), keys.uids(id, bucket)]);
}

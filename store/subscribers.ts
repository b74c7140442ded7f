import type { Redis } from '../runtime/redis.ts';
import { allBuckets } from './book-buckets.ts';
import { GRACE } from './due.ts';
import { type Interned, idPlace } from './interned.ts';
import type { Keys } from './keys.ts';
import { newStamp } from './marks.ts';
import { allPartitions, askSubscribers, partitionOf, placeOf } from './partitions.ts';
import { ACTIVATE, CHANGE_NUMBER, CREATE, LEAVE } from './subscriber-scripts.ts';

/**
 * `pending`: its XMPP account is being made; `leaving`: what Earshot did for it is being undone. Both are nobody to
 * the outside.
 */
export type SubscriberState = 'pending' | 'active' | 'leaving';

export type Subscriber = {
  id: string;
  phoneNumber: string;
  /** The keyed hash of the number. */
  numberKey: string;
  jid: string;
  displayName: string;
  state: SubscriberState;
};

export type Subscribers = ReturnType<typeof createSubscribers>;
export type Claim = 'ok' | 'number-taken' | 'jid-taken';

/** Milliseconds after which a subscriber that never became active is given up. */
const ABANDONED = 180_000;

/**
 * Subscribers (hash `subscriber`), their entries in the directory, and the JIDs (hashes `jids:<bucket>`: JID → integer).
 * Whatever changes who owns a number also announces it (hash `announced`: number key → stamp): the reconciliation then
 * looks at everybody whose book holds that number.
 */
export function createSubscribers(redis: Redis, interned: Interned, keys: Keys) {
  async function record(id: string): Promise<Subscriber | undefined> {
    return toSubscriber(id, await redis.hGetAll(keys.subscriber(id)));
  }

  /** Runs a step that has to name the subscriber's present number, anew when the number changes meanwhile. */
  async function withNumber<T extends string>(
    id: string,
    step: (numberKey: string) => Promise<T | 'changed'>,
  ): Promise<T | 'gone'> {
    for (;;) {
      const numberKey = await redis.hGet(keys.subscriber(id), 'numberKey');
      if (numberKey === null) return 'gone';
      const outcome = await step(numberKey);
      if (outcome !== 'changed') return outcome;
    }
  }

  return {
    /** Claims number and JID and stores the pending subscriber, all or nothing. Nobody sees it until it is activated. */
    async create(subscriber: Subscriber, now: number): Promise<Claim> {
      const { id, ...fields } = subscriber;
      const index = await interned.next();
      const number = placeOf(subscriber.numberKey);
      const own = idPlace(keys, index);
      const reply = await redis.eval(CREATE, {
        keys: [
          keys.subscriber(id),
          keys.directory(number.bucket),
          keys.jids(subscriber.jid),
          own.key,
          keys.due('account', id),
        ],
        arguments: [
          id,
          `${index}`,
          number.field as never,
          subscriber.jid,
          own.field,
          `${now + ABANDONED}`,
          ...Object.entries(fields).flat(),
        ],
      });
      return reply as Claim;
    },

    /** From pending to active; false when it was not pending. */
    async activate(subscriber: Subscriber, now: number): Promise<boolean> {
      const { id, numberKey } = subscriber;
      const reply = await redis.eval(ACTIVATE, {
        keys: [keys.subscriber(id), keys.announced(id), keys.due('reconcile', id), keys.due('account', id)],
        arguments: [id, numberKey, `${now + GRACE}`, newStamp()],
      });
      return reply === 1;
    },

    /** In any state. */
    record,

    /** Undefined unless active. */
    async get(id: string): Promise<Subscriber | undefined> {
      const subscriber = await record(id);
      return subscriber?.state === 'active' ? subscriber : undefined;
    },

    /** The records of many, in any state, in the order asked for. */
    async records(ids: readonly string[]): Promise<(Subscriber | undefined)[]> {
      const found = await askSubscribers(redis, ids, (batch, id) => batch.hGetAll(keys.subscriber(id)));
      return ids.map((id, i) => toSubscriber(id, found[i] as Record<string, string>));
    },

    /** Who uses this bare JID, in any state. */
    async idOfJid(jid: string): Promise<string | undefined> {
      const index = await redis.hGet(keys.jids(jid), jid);
      return index === null ? undefined : (await interned.idsOf([Number(index)]))[0];
    },

    async rename(id: string, displayName: string): Promise<void> {
      await redis.hSet(keys.subscriber(id), 'displayName', displayName);
    },

    /** Gives up the old number, claims the new one and announces both. */
    async changeNumber(
      id: string,
      phoneNumber: string,
      numberKey: string,
      now: number,
    ): Promise<'ok' | 'number-taken' | 'gone'> {
      return withNumber(id, async (oldKey) => {
        const [old, wanted] = [placeOf(oldKey), placeOf(numberKey)];
        const reply = await redis.eval(CHANGE_NUMBER, {
          keys: [
            keys.subscriber(id),
            keys.directory(old.bucket),
            keys.directory(wanted.bucket),
            keys.announced(id),
            keys.due('reconcile', id),
          ],
          arguments: [
            id,
            oldKey,
            old.field as never,
            numberKey,
            wanted.field as never,
            phoneNumber,
            `${now + GRACE}`,
            newStamp(),
          ],
        });
        return reply as 'ok' | 'number-taken' | 'gone' | 'changed';
      });
    },

    /** Frees the number at once and marks everything for undoing; false when there is nobody to leave. */
    async leave(id: string, now: number): Promise<boolean> {
      const outcome = await withNumber(id, async (numberKey) => {
        const { bucket, field } = placeOf(numberKey);
        const reply = await redis.eval(LEAVE, {
          keys: [
            keys.subscriber(id),
            keys.directory(bucket),
            keys.announced(id),
            keys.leaving(partitionOf(id)),
            keys.due('reconcile', id),
          ],
          arguments: [id, numberKey, field as never, `${now + GRACE}`, newStamp()],
        });
        return reply as 'ok' | 'gone' | 'changed';
      });
      return outcome === 'ok';
    },

    async leavers(): Promise<string[]> {
      const parts = allPartitions().map((partition) => redis.sMembers(keys.leaving(partition)));
      return (await Promise.all(parts)).flat();
    },

    /** Forgets a subscriber that never became active. */
    async abandon(subscriber: Subscriber): Promise<void> {
      const { bucket, field } = placeOf(subscriber.numberKey);
      await redis.hDel(keys.directory(bucket), field as never);
      await this.forget(subscriber);
    },

    /** Forgets a subscriber for whom everything is undone, and frees its JID. */
    async forget(subscriber: Subscriber): Promise<void> {
      const { id, jid } = subscriber;
      const [index, buckets] = await Promise.all([interned.indexOf(id), redis.hGet(keys.book(id), 'buckets')]);
      const own = [
        keys.subscriber(id),
        keys.account(id),
        keys.tokens(id),
        keys.book(id),
        ...allBuckets(Number(buckets ?? 0)).flatMap((bucket) => [keys.held(id, bucket), keys.uids(id, bucket)]),
        keys.dirtyNumbers(id),
        keys.dirtyPairs(id),
        keys.announced(id),
        keys.friends(id),
        keys.declined(id),
        keys.dirtyItems(id),
        keys.ledger(id),
        keys.playing(id),
        keys.published(id),
      ];
      const { key, field } = idPlace(keys, index ?? 0);
      await redis
        .multi()
        .del(own)
        .hDel(key, field)
        .hDel(keys.jids(jid), jid)
        .hDel(keys.presence, jid)
        .sRem(keys.leaving(partitionOf(id)), id)
        .zRem(keys.due('tune', id), id)
        .zRem(keys.due('roster', id), id)
        .zRem(keys.due('reconcile', id), id)
        .zRem(keys.due('account', id), id)
        .exec();
    },
  };
}

function toSubscriber(id: string, fields: Record<string, string>): Subscriber | undefined {
  const { phoneNumber, numberKey, jid, displayName, state } = fields;
  if (!phoneNumber || !numberKey || !jid || !state) return undefined;
  return { id, phoneNumber, numberKey, jid, displayName: displayName ?? '', state: state as SubscriberState };
}

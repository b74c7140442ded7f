import type { Redis } from '../runtime/redis.ts';
import { claim } from './claims.ts';
import { createDepartures, jidPlace, numberPlace } from './departures.ts';
import { GRACE } from './due.ts';
import { type Interned, idPlace } from './interned.ts';
import type { Keys } from './keys.ts';
import { newStamp } from './marks.ts';
import { allPartitions, askSubscribers, partitionOf, placeOf } from './partitions.ts';
import { type Subscriber, toSubscriber } from './subscriber-record.ts';
import { ACTIVATE, CHANGE_NUMBER, LEAVE } from './subscriber-scripts.ts';

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
  const { freeNumber, abandon, forget } = createDepartures(redis, interned, keys);

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
    /**
     * Stores the pending subscriber and claims its number and its JID, all or nothing. Nobody sees it until it is activated;
     * if this process dies half-way, the account job finds the record and abandons it.
     */
    async create(subscriber: Subscriber, now: number): Promise<Claim> {
      const { id, ...fields } = subscriber;
      const index = await interned.next();
      const own = idPlace(keys, index);
      await redis
        .multi()
        .zAdd(keys.due('account', id), { value: id, score: now + ABANDONED })
        .hSet(keys.subscriber(id), { ...fields, index })
        .exec();
      await redis.hSet(own.key, own.field, id);
      const refused = !(await claim(redis, numberPlace(keys, subscriber), index))
        ? 'number-taken'
        : !(await claim(redis, jidPlace(keys, subscriber), index))
          ? 'jid-taken'
          : undefined;
      if (refused) await abandon(subscriber);
      return refused ?? 'ok';
    },

    /** From pending to active; false when it was not pending. */
    async activate(subscriber: Subscriber, now: number): Promise<boolean> {
      const { id, numberKey } = subscriber;
      const reply = await redis.eval(ACTIVATE, {
        keys: [
          keys.subscriber(id),
          keys.announced(id),
          keys.due('reconcile', id),
          keys.due('account', id),
          keys.due('listen', id),
        ],
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

    /** Marks everything for undoing and frees the number at once; false when there is nobody to leave. */
    async leave(id: string, now: number): Promise<boolean> {
      const reply = await redis.eval(LEAVE, {
        keys: [
          keys.subscriber(id),
          keys.announced(id),
          keys.leaving(partitionOf(id)),
          keys.due('reconcile', id),
          keys.due('listen', id),
        ],
        arguments: [id, `${now + GRACE}`, newStamp()],
      });
      const subscriber = await record(id);
      if (subscriber?.state === 'leaving') await freeNumber(subscriber);
      return reply === 1;
    },

    async leavers(): Promise<string[]> {
      const parts = allPartitions().map((partition) => redis.sMembers(keys.leaving(partition)));
      return (await Promise.all(parts)).flat();
    },

    abandon,
    forget,
    freeNumber,
  };
}

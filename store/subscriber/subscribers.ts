import type { Redis } from '../../runtime/redis/redis.ts';
import type { Interned } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { type Marks, newStamp } from '../base/marks.ts';
import { allPartitions, askSubscribers, type Batch, partitionOf } from '../base/partitions.ts';
import { GRACE } from '../due/due.ts';
import { duesOf } from '../due/makes-due.ts';
import { watchedKeys } from '../due/watched.ts';
import { changedKeys } from './changed-script.ts';
import { standOfMany, type WantedPlaces } from './claims-of-many.ts';
import { createDepartures } from './departures.ts';
import type { Gone } from './gone.ts';
import { createIdentity } from './identity.ts';
import { createJoining, type Joined } from './joining.ts';
import { createObstacles } from './obstacles.ts';
import { createRekeying } from './rekeying.ts';
import type { Spent } from './spent.ts';
import { keysOf, type Subscriber, toSubscriber } from './subscriber-record.ts';
import { LEAVE, RENAME } from './subscriber-scripts.ts';

export type Subscribers = ReturnType<typeof createSubscribers>;
/** What came of wanting numbers and a JID. `busy`: their former owner is just giving one of them up. */
export type Claim = 'ok' | 'number-taken' | 'jid-taken' | 'busy';

/**
 * Subscribers (hash `subscriber`), their entries in the directory, and the JIDs (hashes `jids:<bucket>`: JID → integer).
 * Whatever changes who owns a number also announces it (hash `announced`: number key → stamp): the reconciliation then
 * looks at everybody whose book holds that number.
 */
export function createSubscribers(redis: Redis, interned: Interned, spent: Spent, gone: Gone, keys: Keys) {
  const { freeNumbers, abandon, forget, forgetMarks, holdJid, dropJid } = createDepartures(redis, interned, gone, keys);
  const identity = createIdentity(redis, interned, spent, gone, keys);
  const joining = createJoining(redis, interned, spent, keys);

  const places = (id: string) => ({
    record: keys.subscriber(id),
    announced: keys.announced(id),
    leaving: keys.leaving(partitionOf(id)),
    ...watchedKeys(keys, id),
    ...changedKeys(keys, id),
  });

  async function record(id: string): Promise<Subscriber | undefined> {
    return toSubscriber(id, await redis.hGetAll(keys.subscriber(id)));
  }

  /** Somebody who leaves gives up every number, also those of a change that is under way. */
  async function release(subscriber: Subscriber, now: number): Promise<void> {
    await identity.settle(subscriber.id, now, true);
    await spent.leaveWith(subscriber.id, keysOf(subscriber), now);
    await freeNumbers(subscriber);
  }

  /**
   * Marks everything for undoing and frees the numbers at once; false when there is nobody to leave,
   * or the subscriber is not in the state `only`.
   */
  async function leave(id: string, now: number, only?: 'pending'): Promise<boolean> {
    const dues = duesOf(keys, 'left', id);
    const left = await LEAVE.run(redis, { ...places(id), dues }, { id, dueAt: now + GRACE, mark: newStamp(), only });
    const subscriber = await record(id);
    if (subscriber?.state === 'leaving') await release(subscriber, now);
    return left;
  }

  return {
    /**
     * Stores the pending subscriber and claims its numbers and its JID, all or nothing. Nobody sees
     * it until it is activated; if this process dies before, the account job finds the record and
     * gives it up.
     */
    async create(subscriber: Subscriber, now: number): Promise<Claim> {
      const { id, jid } = subscriber;
      await joining.write([subscriber], now);
      const outcome = await identity.claimAll(id, { numbers: subscriber, jid });
      if (outcome === 'ok') {
        await spent.comeWith(id, keysOf(subscriber), now);
        return 'ok';
      }
      await abandon(subscriber);
      return outcome === 'gone' ? 'busy' : outcome;
    },

    /** As `create`, for many at once. */
    async createMany(subscribers: readonly Subscriber[], now: number): Promise<Joined[]> {
      const outcome = await joining.create(subscribers, now);
      await Promise.all(subscribers.filter((_, i) => outcome[i] === 'refused').map(abandon));
      return outcome;
    },

    /** From pending to active; false when it was not pending. */
    async activate({ id }: Subscriber, now: number): Promise<boolean> {
      const [outcome] = await joining.activate([{ id, dueAt: now + GRACE, announceAt: now + GRACE }], now);
      return outcome !== 'none';
    },

    /** As `activate`, for many; who has nobody that holds its numbers needs not be announced. */
    activateMany: joining.activate,

    /** As `standOfMany`. */
    stand: (all: readonly WantedPlaces[]) => standOfMany(redis, keys, all),

    /** In any state. */
    record,

    /** The record and what it announces, at one moment: each change of it announces in the same step. `along`: what is written in that moment, too. */
    async recordAnnounced(
      id: string,
      along: (batch: Batch) => void = () => {},
    ): Promise<{ subscriber: Subscriber | undefined; announced: Marks }> {
      const batch = redis.multi().hGetAll(keys.subscriber(id)).hGetAll(keys.announced(id));
      along(batch);
      const [fields, announced] = (await batch.exec()) as unknown as [Record<string, string>, Marks];
      return { subscriber: toSubscriber(id, fields), announced };
    },

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

    /** The numbers of many, the primary first, in the order asked for; none of who is not active. Reads nothing else. */
    async numbersOfMany(ids: readonly string[]): Promise<string[][]> {
      const fields = ['state', 'phoneNumber', 'otherPhoneNumbers'];
      const found = await askSubscribers(redis, ids, (batch, id) => batch.hmGet(keys.subscriber(id), fields));
      return (found as (string | null)[][]).map(([state, phoneNumber, others]) =>
        state === 'active' && phoneNumber ? [phoneNumber, ...(others ? others.split(' ') : [])] : [],
      );
    },

    /** Who uses this bare JID, in any state. */
    async idOfJid(jid: string): Promise<string | undefined> {
      const index = await redis.hGet(keys.jids(jid), jid);
      return index === null ? undefined : (await interned.idsOf([Number(index)]))[0];
    },

    /** False when the name is not `ifNow`. */
    async rename(id: string, displayName: string, ifNow?: string): Promise<boolean> {
      return RENAME.run(redis, places(id), { name: displayName, before: ifNow === undefined ? [] : [ifNow] });
    },

    leave: (id: string, now: number) => leave(id, now),

    /**
     * Nobody waits any more for a subscriber to become active. One whose account may have been made
     * leaves like any other, and the account goes with it; any other is forgotten at once.
     */
    async giveUp(subscriber: Subscriber, now: number): Promise<void> {
      const left = await leave(subscriber.id, now, 'pending');
      if (left && (await redis.exists(keys.madeAccounts(subscriber.id))) === 0) await abandon(subscriber);
    },

    async leavers(): Promise<string[]> {
      const parts = allPartitions().map((partition) => redis.sMembers(keys.leaving(partition)));
      return (await Promise.all(parts)).flat();
    },

    forget,
    forgetMarks,
    holdJid,
    dropJid,
    release,
    identity,
    rekey: createRekeying(redis, identity, spent, keys),
    obstacle: createObstacles(redis, interned, identity, keys),
  };
}

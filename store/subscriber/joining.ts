import type { Redis } from '../../runtime/redis/redis.ts';
import { type Interned, idPlace } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { byPartition } from '../base/partitions.ts';
import { GRACE } from '../due/due.ts';
import { duePartOf, madeDue } from '../due/makes-due.ts';
import { watchedPartKeys } from '../due/watched.ts';
import { changedPartKeys } from './changed-script.ts';
import { claimForMany } from './claims-of-many.ts';
import type { Spent } from './spent.ts';
import { keysOf, type Subscriber } from './subscriber-record.ts';
import { ACTIVATE, ACTIVATED, BEGIN_PENDING } from './subscriber-scripts.ts';

/** Milliseconds after which a subscriber that never became active is given up. */
export const ABANDONED = 180_000;

/**
 * Somebody to become active. `dueAt`: when its other jobs have to run; `announceAt`: when those who hold its numbers have to be
 * looked for; undefined where nobody does.
 */
export type Activation = { id: string; dueAt: number; announceAt: number | undefined };

/** `none`: it was not pending. `announced`: its reconcile job has been made due. */
export type Activated = (typeof ACTIVATED)[number];

/**
 * `refused`: a number or the JID is somebody else's, who may be giving it up. Otherwise the subscriber
 * has them all. `held`: somebody's book has one of its numbers, as of that moment; `unheld`: nobody's.
 */
export type Joined = 'refused' | 'held' | 'unheld';

/**
 * How subscribers come to be, one or many: each step is taken for all of them, so that many cost as many waits for Redis as
 * one. A process that dies between two steps leaves pending subscribers, whom the account job finds and abandons.
 */
export function createJoining(redis: Redis, interned: Interned, spent: Spent, keys: Keys) {
  /** Stores pending subscribers, and who has which integer; answers with the first of these. */
  async function write(subscribers: readonly Subscriber[], now: number): Promise<number> {
    const first = await interned.next(subscribers.length);
    const values = new Map(subscribers.map((one, i) => [one.id, valuesOf(one, first + i)]));
    const ids = new Map<string, Record<string, string>>();
    for (const [i, { id }] of subscribers.entries()) {
      const { key, field } = idPlace(keys, first + i);
      const bucket = ids.get(key) ?? {};
      bucket[field] = id;
      ids.set(key, bucket);
    }
    await Promise.all([
      ...[...byPartition([...values.keys()])].map(([partition, part]) =>
        BEGIN_PENDING.run(
          redis,
          { own: keys.ownPart(partition), dueAccount: duePartOf(keys, 'accountAsked', partition) },
          {
            now,
            giveUpAt: now + ABANDONED,
            ids: part,
            names: NAMES,
            values: part.flatMap((id) => values.get(id) ?? []),
          },
        ),
      ),
      ...[...ids].map(([key, fields]) => redis.hSet(key, fields)),
    ]);
    return first;
  }

  return {
    write,

    /**
     * Stores pending subscribers and claims the numbers and the JID of each. Who is refused is to be abandoned. Nobody sees them until
     * they are activated.
     */
    async create(subscribers: readonly Subscriber[], now: number): Promise<Joined[]> {
      const first = await write(subscribers, now);
      const wanted = subscribers.map((subscriber, i) => ({
        ...{ index: first + i, numberKeys: keysOf(subscriber), jid: subscriber.jid },
      }));
      const { refused, held, owing } = await claimForMany(redis, keys, wanted);
      await Promise.all([...owing].map(([index, back]) => spent.owe(subscribers[index - first]?.id ?? '', back, now)));
      return subscribers.map((_, i) => (refused.has(first + i) ? 'refused' : held.has(first + i) ? 'held' : 'unheld'));
    },

    /**
     * From pending to active, where they are pending. Without `announceAt` nobody looks for holders of
     * a subscriber's numbers: only for somebody who was `unheld` when it was created.
     */
    async activate(all: readonly Activation[], now: number): Promise<Activated[]> {
      const byId = new Map(all.map((one) => [one.id, one]));
      const replies = new Map<string, number>();
      await Promise.all(
        [...byPartition([...byId.keys()])].map(async ([partition, ids]) => {
          const at = {
            own: keys.ownPart(partition),
            dueAccount: duePartOf(keys, 'accountAsked', partition),
            dueReconcile: duePartOf(keys, 'announced', partition),
            ...watchedPartKeys(keys, partition),
            ...changedPartKeys(keys, partition),
            dues: madeDue('activated').map((queue) => keys.duePart(queue, partition)),
          };
          const part = ids.flatMap((id) => byId.get(id) ?? []);
          const [looks, times] = [part.map(({ announceAt }) => announceAt), part.map(({ dueAt }) => dueAt)];
          const found = await ACTIVATE.run(redis, at, { mark: newStamp(), soon: now + GRACE, ids, looks, times });
          for (const [i, id] of ids.entries()) replies.set(id, found[i] ?? 0);
        }),
      );
      return all.map(({ id }) => ACTIVATED[replies.get(id) ?? 0] ?? 'none');
    },
  };
}

/** Fields of a record, and their values in the same order; an empty one is left out. */
const NAMES = ['index', 'jid', 'displayName', 'phoneNumber', 'numberKey', 'otherPhoneNumbers', 'numberKeys', 'keyIds'];

function valuesOf({ jid, displayName, ...numbers }: Subscriber, index: number): (string | number)[] {
  const { phoneNumber, numberKey, otherPhoneNumbers = [], numberKeys = [], keyIds = '' } = numbers;
  return [index, jid, displayName, phoneNumber, numberKey, otherPhoneNumbers.join(' '), numberKeys.join(' '), keyIds];
}

import type { Redis } from '../../runtime/redis.ts';
import { GRACE } from '../base/due.ts';
import { type Interned, idPlace } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { duesOf } from '../base/makes-due.ts';
import { newStamp } from '../base/marks.ts';
import { byPartition } from '../base/partitions.ts';
import { claimForMany } from './claims-of-many.ts';
import type { Spent } from './spent.ts';
import { keysOf, numberFields, type Subscriber } from './subscriber-record.ts';
import { ACTIVATE } from './subscriber-scripts.ts';

/** Milliseconds after which a subscriber that never became active is given up. */
const ABANDONED = 180_000;

/**
 * Somebody to become active. `dueAt`: when its other jobs have to run; `announceAt`: when those who hold its numbers have to be
 * looked for; undefined where nobody does.
 */
export type Activation = { id: string; dueAt: number; announceAt: number | undefined };

/** `none`: it was not pending. `announced`: its reconcile job has been made due. */
export type Activated = 'none' | 'quiet' | 'announced';
const OUTCOMES: readonly Activated[] = ['none', 'quiet', 'announced'];

/**
 * How subscribers come to be, one or many: each step is taken for all of them, so that many cost as many waits for Redis as
 * one. A process that dies between two steps leaves pending subscribers, whom the account job finds and abandons.
 */
export function createJoining(redis: Redis, interned: Interned, spent: Spent, keys: Keys) {
  /** Stores pending subscribers, and who has which integer; answers with the first of these. */
  async function write(subscribers: readonly Subscriber[], now: number): Promise<number> {
    const first = await interned.next(subscribers.length);
    const records = new Map(
      subscribers.map((one, i) => [one.id, { ...fieldsOf(one), index: `${first + i}`, heardAt: `${now}` }]),
    );
    const ids = new Map<string, string[]>();
    for (const [i, { id }] of subscribers.entries()) {
      const { key, field } = idPlace(keys, first + i);
      ids.set(key, [...(ids.get(key) ?? []), field, id]);
    }
    await Promise.all([
      ...[...byPartition([...records.keys()])].map(async ([partition, part]) => {
        const due = part.map((value) => ({ value, score: now + ABANDONED }));
        const batch = redis.multi().zAdd(keys.duePart('account', partition), due);
        for (const id of part) batch.hSet(keys.subscriber(id), records.get(id) ?? {});
        await batch.exec();
      }),
      ...[...ids].map(([key, fields]) => redis.hSet(key, fields as never)),
    ]);
    return first;
  }

  return {
    write,

    /**
     * Stores pending subscribers and claims the numbers and the JID of each. For each whether it has got them all; who has not is to
     * be abandoned. Nobody sees them until they are activated.
     */
    async create(subscribers: readonly Subscriber[], now: number): Promise<boolean[]> {
      const first = await write(subscribers, now);
      const wanted = subscribers.map((subscriber, i) => ({
        ...{ index: first + i, numberKeys: keysOf(subscriber), jid: subscriber.jid },
      }));
      const missing = await claimForMany(redis, keys, wanted);
      const outcome = subscribers.map((_, i) => !missing.has(first + i));
      const joined = subscribers.filter((_, i) => outcome[i]);
      await spent.comeWithMany(
        joined.map((subscriber) => ({ id: subscriber.id, numberKeys: keysOf(subscriber) })),
        now,
      );
      return outcome;
    },

    /**
     * From pending to active, where they are pending. Who is not announced must have nobody who held its numbers after they had been claimed.
     */
    async activate(all: readonly Activation[], now: number): Promise<Activated[]> {
      const byId = new Map(all.map((one) => [one.id, one]));
      const replies = new Map<string, number>();
      await Promise.all(
        [...byPartition([...byId.keys()])].map(async ([partition, ids]) => {
          const own = ids.flatMap((id) => [keys.subscriber(id), keys.announced(id), keys.dirtyPairs(id)]);
          const places = [...own, ...duesOf(keys, 'activated', ids[0] ?? '')];
          const at = {
            dueAccount: keys.duePart('account', partition),
            dueReconcile: keys.duePart('reconcile', partition),
            places,
          };
          const part = ids.flatMap((id) => byId.get(id) ?? []);
          const [looks, times] = [part.map(({ announceAt }) => announceAt), part.map(({ dueAt }) => dueAt)];
          const found = await ACTIVATE.run(redis, at, { mark: newStamp(), soon: now + GRACE, ids, looks, times });
          for (const [i, id] of ids.entries()) replies.set(id, found[i] ?? 0);
        }),
      );
      return all.map(({ id }) => OUTCOMES[replies.get(id) ?? 0] ?? 'none');
    },
  };
}

function fieldsOf({ jid, displayName, state, ...numbers }: Subscriber): Record<string, string> {
  const present = Object.entries(numberFields(numbers)).filter(([, value]) => value !== '');
  return { ...Object.fromEntries(present), jid, displayName, state };
}

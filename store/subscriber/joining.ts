import type { Redis } from '../../runtime/redis.ts';
import { claimMany } from '../base/claims.ts';
import { type Interned, idPlace } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { duesOf } from '../base/makes-due.ts';
import { newStamp } from '../base/marks.ts';
import { byPartition } from '../base/partitions.ts';
import { jidPlace, numberPlace } from './places.ts';
import type { Spent } from './spent.ts';
import { keysOf, numberFields, type Subscriber } from './subscriber-record.ts';
import { ACTIVATE } from './subscriber-scripts.ts';

/** Milliseconds after which a subscriber that never became active is given up. */
const ABANDONED = 180_000;

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
    await Promise.all(
      [...byPartition([...records.keys()])].map(async ([partition, ids]) => {
        const due = ids.map((value) => ({ value, score: now + ABANDONED }));
        const batch = redis.multi().zAdd(keys.duePart('account', partition), due);
        for (const id of ids) batch.hSet(keys.subscriber(id), records.get(id) ?? {});
        await batch.exec();
      }),
    );
    const ids = new Map<string, Record<string, string>>();
    for (const [i, { id }] of subscribers.entries()) {
      const { key, field } = idPlace(keys, first + i);
      ids.set(key, { ...ids.get(key), [field]: id });
    }
    await Promise.all([...ids].map(([key, fields]) => redis.hSet(key, fields)));
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
      const wanted = subscribers.flatMap((subscriber, i) => {
        const places = [...keysOf(subscriber).map((key) => numberPlace(keys, key)), jidPlace(keys, subscriber.jid)];
        return places.map((place) => ({ place, index: first + i }));
      });
      const claimed = await claimMany(redis, wanted);
      const missing = new Set(wanted.flatMap(({ index }, i) => (claimed[i] ? [] : [index])));
      const outcome = subscribers.map((_, i) => !missing.has(first + i));
      const joined = subscribers.filter((_, i) => outcome[i]);
      await spent.comeWithMany(
        joined.map((subscriber) => ({ id: subscriber.id, numberKeys: keysOf(subscriber) })),
        now,
      );
      return outcome;
    },

    /** From pending to active; for each whether it was pending. `dueAt`: when what follows has to be done, of the one in that place. */
    async activate(ids: readonly string[], dueAt: (position: number) => number): Promise<boolean[]> {
      const positions = new Map(ids.map((id, position) => [id, position]));
      const activated = new Set<string>();
      await Promise.all(
        [...byPartition(ids)].map(async ([partition, part]) => {
          const own = part.flatMap((id) => [keys.subscriber(id), keys.announced(id)]);
          const places = [...own, ...duesOf(keys, 'activated', part[0] ?? '')];
          const times = part.map((id) => dueAt(positions.get(id) ?? 0));
          const at = { dueAccount: keys.duePart('account', partition), places };
          const replies = await ACTIVATE.run(redis, at, { mark: newStamp(), ids: part, times });
          for (const [i, id] of part.entries()) if (replies[i] === 1) activated.add(id);
        }),
      );
      return ids.map((id) => activated.has(id));
    },
  };
}

function fieldsOf({ jid, displayName, state, ...numbers }: Subscriber): Record<string, string> {
  const present = Object.entries(numberFields(numbers)).filter(([, value]) => value !== '');
  return { ...Object.fromEntries(present), jid, displayName, state };
}

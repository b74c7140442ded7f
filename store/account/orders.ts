import type { Redis } from '../../runtime/redis/redis.ts';
import { seal, unseal } from '../../runtime/secret/sealing.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { allPartitions, byPartition, partitionOf } from '../base/partitions.ts';
import { GRACE } from '../due/due.ts';
import { dueOf, duePartOf, duesOf } from '../due/makes-due.ts';
import { watchedKeys } from '../due/watched.ts';
import { changedKeys, changedPartKeys } from '../subscriber/changed-script.ts';
import type { Activated } from '../subscriber/joining.ts';
import { type Subscriber, toSubscriber } from '../subscriber/subscriber-record.ts';
import { ACTIVATED } from '../subscriber/subscriber-scripts.ts';
import { COMPLETE, FAIL, PLACE, WITHDRAW } from './order-scripts.ts';

export type Orders = ReturnType<typeof createOrders>;

/**
 * An account for a pending subscriber, whose numbers and JID are claimed. `sought`: those who hold its numbers have to be looked for.
 * `dueAt`: when the account is to be made, in milliseconds since the epoch.
 */
export type Order = { id: string; password: string; sought: boolean; dueAt: number };

/** How the orders of one import stand, but for those whose subscribers were erased before. `failures`: some of those that came to nothing, by the id that the import told. */
export type OrderCounts = {
  waiting: number;
  made: number;
  failed: number;
  failures: { subscriberId: string; code: OrderFailure }[];
};

/** `ALREADY_EXISTS`: somebody has an account of that name. `UNAVAILABLE`: the password cannot be read any more, as the operator's key is another. */
export type OrderFailure = 'ALREADY_EXISTS' | 'UNAVAILABLE';

/** Before the id of a subscriber, in the counts. */
const WHY = 'why ';

/**
 * Accounts that an import has ordered: the subscriber stays pending, whatever happens, until the XMPP server has made its account, and is active
 * then. Fields of its record: `order` (the password, sealed), `orderedBy` (the import) and `sought`. Hash `import:<import>` of each
 * partition: how many wait, were made, and failed, and why (`why <id>`), each in one step with what it counts.
 */
export function createOrders(redis: Redis, keys: Keys, secretsKey: Buffer) {
  const purposeOf = (id: string) => `account ${id}`;
  const own = (id: string) => ({ own: keys.ownPart(partitionOf(id)), dueOrder: dueOf(keys, 'accountOrdered', id) });

  return {
    /** For each whether the order stands; not for who is no longer pending. */
    async place(importId: string, orders: readonly Order[]): Promise<boolean[]> {
      const byId = new Map(orders.map((order) => [order.id, order]));
      const placed = new Set<string>();
      await Promise.all(
        [...byPartition([...byId.keys()])].map(async ([partition, ids]) => {
          const part = ids.flatMap((id) => byId.get(id) ?? []);
          const at = {
            own: keys.ownPart(partition),
            dueAccount: duePartOf(keys, 'accountAsked', partition),
            dueOrder: duePartOf(keys, 'accountOrdered', partition),
            ...changedPartKeys(keys, partition),
          };
          const stands = await PLACE.run(redis, at, {
            ...{ importId, ids, times: part.map(({ dueAt }) => dueAt) },
            passwords: part.map(({ id, password }) => seal(secretsKey, purposeOf(id), password)),
            sought: part.map(({ sought }) => (sought ? '1' : '')),
          });
          for (const [i, id] of ids.entries()) if (stands[i] === 1) placed.add(id);
        }),
      );
      return orders.map(({ id }) => placed.has(id));
    },

    /** Undefined when nothing is ordered for the subscriber (any more); no password where it cannot be read. */
    async of(id: string): Promise<{ subscriber: Subscriber; password: string | undefined } | undefined> {
      const fields = await redis.hGetAll(keys.subscriber(id));
      const subscriber = toSubscriber(id, fields);
      if (!subscriber?.ordered) return undefined;
      return { subscriber, password: unseal(secretsKey, purposeOf(id), fields.order ?? '') };
    },

    /** The account is made: the subscriber is active from now on. `none`: it was not ordered any more. */
    async complete(id: string, now: number): Promise<Activated> {
      const outcome = await COMPLETE.run(
        redis,
        {
          ...{
            ...own(id),
            ...watchedKeys(keys, id),
            ...changedKeys(keys, id),
            dueReconcile: dueOf(keys, 'announced', id),
          },
          dues: duesOf(keys, 'activated', id),
        },
        { id, mark: newStamp(), soon: now + GRACE },
      );
      return ACTIVATED[outcome] ?? 'none';
    },

    /** There will be no account. The subscriber is to be given up; should nobody come to that, the account job does it. */
    async fail(id: string, code: OrderFailure, now: number): Promise<void> {
      const at = { ...own(id), dueAccount: dueOf(keys, 'accountAsked', id) };
      await FAIL.run(redis, at, { id, code, why: WHY + id, now });
    },

    /** The subscriber is being erased: its order is none any more, and counts as none. */
    async withdraw(id: string): Promise<void> {
      await WITHDRAW.run(redis, { own: keys.ownPart(partitionOf(id)) }, { id });
    },

    async counts(importId: string): Promise<OrderCounts> {
      const parts = await Promise.all(
        allPartitions().map((partition) => redis.hGetAll(keys.importPart(partition, importId))),
      );
      const sum = (name: string) => parts.reduce((total, part) => total + Number(part[name] ?? 0), 0);
      const failures = parts
        .flatMap((part) => Object.entries(part))
        .flatMap(([name, code]) =>
          name.startsWith(WHY) ? [{ subscriberId: name.slice(WHY.length), code: code as OrderFailure }] : [],
        );
      return { waiting: sum('waiting'), made: sum('made'), failed: sum('failed'), failures };
    },
  };
}

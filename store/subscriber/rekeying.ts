import type { Redis } from '../../runtime/redis/redis.ts';
import { newFence } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { askSubscribers, byPartition } from '../base/partitions.ts';
import { GRACE } from '../due/due.ts';
import { duePartOf } from '../due/makes-due.ts';
import { claimForMany, releaseForMany } from './claims-of-many.ts';
import { type createIdentity, PATIENCE } from './identity.ts';
import { BEGIN_MANY, COMMIT_MANY, DROP_INTENTIONS } from './identity-scripts.ts';
import type { Spent } from './spent.ts';
import { keysOf, type Numbers, numberFields, type Subscriber } from './subscriber-record.ts';

/** Somebody whose numbers are to be in the directory under other keys. `seen`: its record; `numbers`: the same ones, hashed by those keys; `index`: its integer. */
export type Rekeyed = { seen: Subscriber; numbers: Numbers; index: number };

/** The fields that another number key changes. */
const NAMES = Object.keys(numberFields({ phoneNumber: '', numberKey: '' }));

/**
 * Enters many subscribers under other number keys: for each the steps of a change (`createIdentity`),
 * in their order, and each step for all of them with one script for each hash tag. Returns the ids of
 * those for whom it was done; of the others nothing is left behind.
 */
export function createRekeying(redis: Redis, identity: ReturnType<typeof createIdentity>, spent: Spent, keys: Keys) {
  /** Those whose intention there is now. A change that somebody has abandoned is left to the reconcile job. */
  async function begin(all: readonly Rekeyed[], fence: string, now: number): Promise<Rekeyed[]> {
    const begun = await eachPart(all, async (partition, part) => {
      const ids = part.map(({ seen }) => seen.id);
      const places = ids.flatMap((id) => [keys.subscriber(id), keys.intention(id), keys.former(id)]);
      const seen = part.flatMap(({ seen: { phoneNumber, otherPhoneNumbers = [], jid } }) => [
        ...[phoneNumber, otherPhoneNumbers.join(' '), jid],
      ]);
      const wanted = part.map(({ numbers }) => keysOf(numbers).join(' '));
      const due = { dueReconcile: duePartOf(keys, 'renumbered', partition), places };
      const replies = await BEGIN_MANY.run(redis, due, { ids, fence, now, deadline: now + PATIENCE, wanted, seen });
      return replies.map((reply) => reply === 'ok');
    });
    return all.filter(({ seen: { id } }) => begun.has(id));
  }

  /** The ids of those who are written. */
  async function commit(all: readonly Rekeyed[], fence: string, now: number): Promise<Set<string>> {
    return eachPart(all, (partition, part) => {
      const ids = part.map(({ seen }) => seen.id);
      const places = ids.flatMap((id) => [keys.subscriber(id), keys.intention(id), keys.announced(id)]);
      const values = part.flatMap(({ numbers }) => Object.values(numberFields(numbers)));
      const due = { dueReconcile: duePartOf(keys, 'renumbered', partition), places };
      const told = { ids, fence, mark: newStamp(), dueAt: now + GRACE, names: NAMES, values };
      return COMMIT_MANY.run(redis, due, told);
    });
  }

  /** Of each whose change is still this one's: the number keys that it gives up, which its intention names. */
  async function givenUp(all: readonly Rekeyed[], fence: string): Promise<Map<Rekeyed, string[]>> {
    const ids = all.map(({ seen }) => seen.id);
    const found = await askSubscribers(redis, ids, (batch, id) =>
      batch.hmGet(keys.intention(id), ['stamp', 'numbers']),
    );
    return new Map(
      all.flatMap((one, i): [Rekeyed, string[]][] => {
        const [stamp, numbers] = found[i] as (string | null)[];
        const present = new Set(['', ...keysOf(one.numbers)]);
        return stamp === fence ? [[one, (numbers ?? '').split(' ').filter((key) => !present.has(key))]] : [];
      }),
    );
  }

  /** Frees these and ends the changes; whose change was taken over is left to whoever did that. */
  async function finish(given: ReadonlyMap<Rekeyed, string[]>, fence: string, now: number): Promise<void> {
    const leaving = [...given].filter(([, numberKeys]) => numberKeys.length > 0);
    await Promise.all(leaving.map(([{ seen }, numberKeys]) => spent.leaveWith(seen.id, numberKeys, now)));
    await releaseForMany(
      redis,
      keys,
      leaving.map(([{ index }, numberKeys]) => ({ index, numberKeys })),
    );
    await Promise.all(
      [...byPartition([...given.keys()].map(({ seen }) => seen.id))].map(([, part]) =>
        DROP_INTENTIONS.run(redis, { intentions: part.map((id) => keys.intention(id)) }, { fence }),
      ),
    );
  }

  return async (all: readonly Rekeyed[], now: number): Promise<string[]> => {
    const fence = newFence();
    const begun = await begin(all, fence, now);
    const claims = begun.map(({ seen: { jid }, numbers, index }) => ({ index, numberKeys: keysOf(numbers), jid }));
    const { refused, owing } = await claimForMany(redis, keys, claims);
    const claimed = begun.filter(({ index }) => !refused.has(index));
    const written = await commit(claimed, fence, now);
    const done = claimed.filter(({ seen }) => written.has(seen.id));
    await Promise.all(done.map(({ seen, index }) => spent.owe(seen.id, owing.get(index) ?? 0, now)));
    await finish(await givenUp(done, fence), fence, now);
    for (const { seen, numbers } of begun) {
      if (written.has(seen.id)) continue;
      await identity.finish(seen.id, fence);
      // Whoever took the change over may have given back less than was claimed since.
      await identity.giveBack(seen.id, { numberKeys: keysOf(numbers), jid: seen.jid }, now);
    }
    return done.map(({ seen }) => seen.id);
  };
}

/** Asks once for each hash tag; the ids of those to whom the answer is yes. */
async function eachPart(
  all: readonly Rekeyed[],
  ask: (partition: number, part: readonly Rekeyed[]) => Promise<readonly boolean[]>,
): Promise<Set<string>> {
  const byId = new Map(all.map((one) => [one.seen.id, one]));
  const yes = new Set<string>();
  await Promise.all(
    [...byPartition([...byId.keys()])].map(async ([partition, ids]) => {
      const answers = await ask(
        partition,
        ids.flatMap((id) => byId.get(id) ?? []),
      );
      for (const [i, id] of ids.entries()) if (answers[i]) yes.add(id);
    }),
  );
  return yes;
}

import { associated, barred, toEnd } from '../domain/friendship/association.ts';
import type { Privacy } from '../domain/friendship/privacy.ts';
import type { FarEnd } from '../store/friendship/far-ends.ts';
import type { Friend } from '../store/friendship/friends.ts';
import type { Stores } from '../store/stores.ts';
import { isStaying, keysOf, type Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { Context } from './context.ts';
import { firstHeld, type Held, toFriend } from './friend-entry.ts';

/**
 * What one end makes of the pair with `other`: the friend as this roster shall show it, and the JID to keep the tune from. `pending`: the
 * other was not active yet, and may be by now. `gone`: the other leaves, has left, or never was. `far`: of the other end its friend,
 * and then what its books say about the numbers of this one; none where they were not asked.
 */
export type Verdict = {
  other: string;
  friend: Friend | undefined;
  barred: string | undefined;
  pending: boolean;
  gone: boolean;
  far: { friend: Friend | undefined; entries: readonly (Buffer | null)[] };
};

/** A subscriber and the others about whom it is asked, by id. */
export type Asked = { subscriber: Subscriber; others: readonly string[] };

/** One of the others, as far as it is known. */
type Other = FarEnd & { id: string; numberKeys: readonly string[]; held: Held | undefined };

/** Decides each pair from what both ends bring: for each of those who ask its verdicts. Writes nothing. */
export async function judge(context: Context, asked: readonly Asked[]): Promise<Verdict[][]> {
  const { stores } = context;
  const questions = asked.flatMap(({ subscriber, others }) => others.map((who) => ({ who, me: subscriber })));
  const [ends, nearEnds] = await Promise.all([
    stores.farEnds.of(questions),
    Promise.all(asked.map((one) => nearEndOf(stores, one))),
  ]);
  let from = 0;
  return Promise.all(
    asked.map((one, i) => {
      from += one.others.length;
      return judgeOne(context, one, nearEnds[i] as NearEnd, ends.slice(from - one.others.length, from));
    }),
  );
}

/** What the near end brings to its pairs, but for its book and whom it blocks. `declined`: for each of the others, in their order. */
type NearEnd = { privacy: Privacy | undefined; declined: readonly boolean[] };

async function nearEndOf(stores: Stores, { subscriber: { id }, others }: Asked): Promise<NearEnd> {
  const [[privacy], declined] = await Promise.all([stores.privacies.of([id]), stores.pairs.declinedEach(id, others)]);
  return { privacy, declined };
}

async function judgeOne(
  context: Context,
  { subscriber, others: ids }: Asked,
  { privacy, declined }: NearEnd,
  ends: readonly FarEnd[],
): Promise<Verdict[]> {
  const { stores, policy } = context;
  const { id } = subscriber;
  const others = await completed(stores, id, ids, ends);
  // Where the policy asks for both books, nothing else makes friends of whom the own one does not hold.
  const possible = others.filter(({ held }) => policy === 'either' || held).map((other) => other.id);
  const [blocks, heldBy] = await Promise.all([
    stores.privacies.blocksEach(id, others),
    stores.addressBooks.entriesOfEach(possible, keysOf(subscriber)),
  ]);
  return others.map(({ id: other, record, held, ...far }, i) => {
    const entries = heldBy.get(other) ?? [];
    const isHeld = entries.some((entry) => entry !== null);
    const mine = toEnd(subscriber, privacy, held !== undefined, declined[i], blocks[i]);
    const theirs = toEnd(record, far, isHeld, far.declines, far.blocks);
    return {
      other,
      friend: record && associated(mine, theirs, policy) ? toFriend(record, held) : undefined,
      barred: barred(mine, theirs) ? record?.jid : undefined,
      pending: record?.state === 'pending',
      gone: !isStaying(record),
      far: { friend: far.friend, entries },
    };
  });
}

async function completed(
  stores: Stores,
  id: string,
  ids: readonly string[],
  ends: readonly FarEnd[],
): Promise<Other[]> {
  const numberKeys = ends.map(({ record }) => (record ? keysOf(record) : []));
  const held = await heldNumbers(stores, id, numberKeys);
  return ends.map((end, i) => ({ ...end, id: ids[i] ?? '', numberKeys: numberKeys[i] ?? [], held: held[i] }));
}

/** For each of the others' numbers: the first of them, the primary before the others, that the subscriber's book holds. */
async function heldNumbers(
  stores: Stores,
  id: string,
  numberKeys: readonly (readonly string[])[],
): Promise<(Held | undefined)[]> {
  const labels = await stores.addressBooks.labels(id, numberKeys.flat());
  let from = 0;
  return numberKeys.map((own) => {
    const named = labels.slice(from, from + own.length);
    from += own.length;
    return firstHeld(own, named);
  });
}

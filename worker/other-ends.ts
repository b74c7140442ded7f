import { wake } from '../store/due/makes-due.ts';
import type { OtherEnd } from '../store/friendship/other-ends.ts';
import { keysOf, type Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { Context } from './context.ts';
import { dateFriend, firstHeld, toFriend } from './friend-entry.ts';
import type { Verdict } from './verdicts.ts';

/**
 * Brings the other ends of these pairs in line with the verdicts, which hold for both: ends that
 * are right stay as they are, new friends are written there, and whatever else differs their own
 * jobs decide. Adds those that were written to `written`.
 */
export async function bringOtherEnds(
  context: Context,
  subscriber: Subscriber,
  verdicts: readonly Verdict[],
  written: string[],
): Promise<void> {
  if (verdicts.length === 0) return;
  const { stores, queues, metrics, now } = context;
  const ends = await endsOf(context, subscriber, verdicts);
  // Who leaves is also to be forgotten at the other ends, in their own jobs.
  const certain = subscriber.state === 'active';
  const { befriended, marked } = await stores.otherEnds.bring(subscriber, ends, certain, now());
  written.push(...befriended);
  metrics.pairs.inc({ outcome: 'changed' }, befriended.length);
  await Promise.all([wake(queues, 'paired', marked), wake(queues, 'befriended', befriended)]);
}

/** The friend that the other end should have is the subscriber, under the name of the other's book. */
async function endsOf(
  { stores, now }: Context,
  subscriber: Subscriber,
  verdicts: readonly Verdict[],
): Promise<OtherEnd[]> {
  const friends = verdicts.flatMap(({ friend, other }) => (friend ? [other] : []));
  const numberKeys = keysOf(subscriber);
  const [before, labels] = await Promise.all([
    stores.friends.ofEach(friends, subscriber.id),
    stores.addressBooks.labelsOfEach(friends, numberKeys),
  ]);
  const places = new Map(friends.map((other, i) => [other, i]));
  return verdicts.map(({ other, barred }) => {
    const i = places.get(other);
    const bars = barred === undefined ? undefined : subscriber.jid;
    if (i === undefined) return { id: other, friend: undefined, before: undefined, barred: bars };
    const friend = toFriend(subscriber, firstHeld(numberKeys, labels[i] ?? []));
    dateFriend(friend, before[i], now());
    return { id: other, friend, before: before[i], barred: bars };
  });
}

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
  { stores, queues, metrics, now }: Context,
  subscriber: Subscriber,
  ends: readonly OtherEnd[],
  written: string[],
): Promise<void> {
  if (ends.length === 0) return;
  // Who leaves is also to be forgotten at the other ends, in their own jobs.
  const certain = subscriber.state === 'active';
  const { befriended, marked } = await stores.otherEnds.bring(subscriber, ends, certain, now());
  written.push(...befriended);
  metrics.pairs.inc({ outcome: 'changed' }, befriended.length);
  await Promise.all([wake(queues, 'paired', marked), wake(queues, 'befriended', befriended)]);
}

/**
 * How the other ends of these pairs should be. The friend that one should have is the subscriber, under the name of the other's
 * book, which was read after what that end has now: or a name that changes in between would be lost.
 */
export async function otherEndsOf(
  { stores, now }: Context,
  subscriber: Subscriber,
  verdicts: readonly Verdict[],
): Promise<OtherEnd[]> {
  const numberKeys = keysOf(subscriber);
  const friends = verdicts.filter(({ friend }) => friend);
  const entries = new Map(friends.map(({ other, far }) => [other, far.entries]));
  const labels = await stores.addressBooks.labelsIn(entries, numberKeys);
  return verdicts.map(({ other, barred, far }) => {
    const [named, before] = [labels.get(other), far.friend];
    const bars = barred === undefined ? undefined : subscriber.jid;
    if (!named) return { id: other, friend: undefined, before: undefined, barred: bars };
    const friend = toFriend(subscriber, firstHeld(numberKeys, named));
    dateFriend(friend, before, now());
    return { id: other, friend, before, barred: bars };
  });
}

import { type Grant, reachOf } from '../../domain/access/grant.ts';
import { queueOf, wake } from '../../store/due/makes-due.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { isOver, type Subscription } from '../../store/subscription/subscription-record.ts';
import type { SinkContext } from './context.ts';
import { grantOf } from './grant.ts';

/** Milliseconds between two looks at who has changed. */
export const WATCH_INTERVAL = 200;
/** Subscribers that one look takes of each partition. */
const MOST = 250;

/**
 * Passes on who has changed to the subscriptions that have to tell of it: those whose owner reaches a
 * number of the subscriber, and those that have told of it before; and all to one that looks at everybody for the first time,
 * which may just be about to note how it was before. Where nobody has subscribed it is
 * one question to Redis.
 */
export async function watchRound(context: SinkContext): Promise<void> {
  const { stores, queues, now } = context;
  if (!(await stores.watched.isAny())) return;
  const taken = await stores.watched.take(now(), MOST);
  if (taken.length === 0) return;
  const ids = taken.flatMap((part) => part.ids);
  const records = await stores.subscribers.records(ids);
  const subscriptions = (await stores.subscriptions.list()).filter((one) => !isOver(one));
  const concerned = await Promise.all(subscriptions.map((one) => passOn(context, one, ids, records)));
  const asked = subscriptions.filter((_, i) => concerned[i]).map(({ id }) => id);
  await stores.due.postponeAll(queueOf('sinkAsked'), asked, now());
  await wake(queues, 'sinkAsked', asked);
  await Promise.all(taken.map(stores.watched.settle));
}

/** Whether the subscription has to tell of any of these. */
async function passOn(
  { stores, now }: SinkContext,
  subscription: Subscription,
  ids: readonly string[],
  records: readonly (Subscriber | undefined)[],
): Promise<boolean> {
  const grant = await grantOf(stores, subscription, now());
  if (!grant) return false;
  const known = await stores.sinkWork.knows(subscription.id, ids);
  const begins = subscription.status === 'ACTIVATION_REQUESTED';
  const its = ids.filter((_, i) => begins || known[i] || isReached(grant, records[i]));
  await stores.sinkWork.ask(subscription.id, its, now());
  return its.length > 0;
}

function isReached(grant: Pick<Grant, 'ranges'>, subscriber: Subscriber | undefined): boolean {
  return subscriber?.state === 'active' && reachOf(grant, phoneNumbersOf(subscriber)) !== 'none';
}

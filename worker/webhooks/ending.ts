import { type EndReason, isOver, type Subscription } from '../../store/subscription/subscription-record.ts';
import type { EventFacts } from './cloud-event.ts';
import type { SinkContext } from './context.ts';

/** Milliseconds for which it can be read why a subscription ended, and its sink is tried to be told so. */
const KEPT = 86_400_000;

/** From now on nothing about anybody is told, nor kept for it. */
export async function endSubscription(context: SinkContext, id: string, reason: EndReason): Promise<void> {
  const { stores, metrics, log, now } = context;
  const status = reason === 'SUBSCRIPTION_EXPIRED' || reason === 'MAX_EVENTS_REACHED' ? 'EXPIRED' : 'DELETED';
  const ended = await stores.subscriptions.change(id, (one) =>
    isOver(one) ? undefined : { ...one, status, ended: { reason, at: now() } },
  );
  if (!ended) return;
  metrics.sinkTurns.inc({ turn: 'ended' });
  log.info({ subscription: id, reason }, 'a subscription has ended');
}

/** What is left of one that is over goes; until when its record is kept, in milliseconds since the epoch. */
export async function clearEnded({ stores }: SinkContext, { id, ended }: Subscription): Promise<number> {
  await stores.watched.end(id);
  await stores.sinkWork.drop(id);
  return (ended?.at ?? 0) + KEPT;
}

/** The event that says so; with the same id each time. */
export function endEvent({ id, ended }: Subscription): EventFacts {
  const { reason, at } = ended ?? { reason: 'NETWORK_TERMINATED', at: 0 };
  return { id: `${id}-ended`, kind: 'subscription-ended', time: at, data: { terminationReason: reason } };
}

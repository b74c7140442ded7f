import { pauseAfter } from '../../domain/subscription/pauses.ts';
import type { EventFacts } from '../../service/telling/cloud-event.ts';
import type { Fence } from '../../store/base/fence.ts';
import { queueOf } from '../../store/due/makes-due.ts';
import { type EndReason, isOver, KEPT, type Subscription } from '../../store/subscription/subscription-record.ts';
import type { SinkContext } from './context.ts';
import { send } from './send.ts';

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
async function clearEnded({ stores }: SinkContext, { id, ended }: Subscription): Promise<number> {
  await stores.watched.end(id);
  await stores.sinkWork.drop(id);
  return (ended?.at ?? 0) + KEPT;
}

/** The event that says so; with the same id each time. */
function endEvent({ id, ended }: Subscription): EventFacts {
  const { reason, at } = ended ?? { reason: 'NETWORK_TERMINATED', at: 0 };
  return { id: `${id}-ended`, kind: 'subscription-ended', time: at, data: { terminationReason: reason } };
}

/** Nothing of it is left, and there is nothing to look at again. */
async function forget({ stores }: SinkContext, subscription: Subscription): Promise<undefined> {
  const { id } = subscription;
  await stores.subscriptions.forget(subscription);
  await stores.sinkWork.forget(id);
  await stores.due.settle(queueOf('sinkAsked'), id, []);
}

/**
 * One that is over: its sink is told so, unless it wants nothing more or nobody may be told; a day later it is forgotten, and at once
 * where nobody reads why, as its owner has ended it.
 */
export async function tellEnd(
  context: SinkContext,
  subscription: Subscription,
  fence: Fence,
  mayBeTold: boolean,
): Promise<number | undefined> {
  const { stores, draw, now } = context;
  const { id, ended } = subscription;
  const kept = await clearEnded(context, subscription);
  if (now() >= kept) return forget(context, subscription);
  const { next } = await stores.sinkWork.progress(id);
  const toldAlready = next >= kept;
  if (toldAlready || !mayBeTold || ended?.reason === 'NETWORK_TERMINATED') return kept;
  if (next > now()) return next;
  const outcome = await send(context, subscription, endEvent(subscription));
  if (outcome === 'taken' || outcome === 'gone') {
    if (ended?.reason === 'SUBSCRIPTION_DELETED') return forget(context, subscription);
    await stores.sinkWork.pause(id, fence, kept);
    return kept;
  }
  const failing = await stores.sinkWork.fail(id, fence, now());
  if (!failing) return now();
  const { failures } = failing;
  const again = Math.min(now() + pauseAfter({ failures, paused: false, refused: false }, draw()), kept - 1);
  await stores.sinkWork.pause(id, fence, again);
  return again;
}

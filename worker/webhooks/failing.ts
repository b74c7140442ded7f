import type { Grant } from '../../domain/access/grant.ts';
import { ENDS_AFTER, PAUSED_AFTER, pauseAfter } from '../../domain/subscription/pauses.ts';
import type { Fence } from '../../store/base/fence.ts';
import type { Subscription } from '../../store/subscription/subscription-record.ts';
import type { SinkContext } from './context.ts';
import { endSubscription } from './ending.ts';
import { send } from './send.ts';

/** One run of the job: the subscription as it was read, and what its owner may be told. */
export type Run = { subscription: Subscription; fence: Fence; grant: Pick<Grant, 'ranges'>; paused: boolean };

/** Until when it is left alone. After a day of failures it is paused, and after a month it ends. */
export async function noteFailure(
  context: SinkContext,
  { subscription, fence, paused }: Run,
  refused = false,
): Promise<number> {
  const { stores, metrics, log, stopped, draw, now } = context;
  const { id } = subscription;
  if (stopped.aborted) return now();
  const failing = await stores.sinkWork.fail(id, fence, now());
  if (!failing) return now();
  const { failures, since } = failing;
  const lasts = now() - since;
  if (lasts >= ENDS_AFTER) {
    await endSubscription(context, id, 'NETWORK_TERMINATED');
    return now();
  }
  if (!paused && lasts >= PAUSED_AFTER) {
    await stores.subscriptions.change(id, (one) =>
      one.status === 'ACTIVE' ? { ...one, status: 'INACTIVE' } : undefined,
    );
    metrics.sinkTurns.inc({ turn: 'paused' });
    log.warn({ subscription: id }, 'the sink of a subscription has failed for a day: it is tried once an hour now');
  }
  const next = now() + pauseAfter({ failures, paused: paused || lasts >= PAUSED_AFTER, refused }, draw());
  await stores.sinkWork.pause(id, fence, next);
  return next;
}

/** A paused sink is tried with the event that says so. One that refuses that event has answered, and may take others. */
export async function tryToResume(context: SinkContext, run: Run): Promise<boolean> {
  const { stores, metrics, log } = context;
  const { subscription } = run;
  const { id } = subscription;
  const { failingSince = 0 } = await stores.sinkWork.progress(id);
  const outcome = await send(context, subscription, {
    id: `${id}-resumed-${failingSince}`,
    kind: 'subscription-resumed',
    time: context.now(),
    data: { failingSince: new Date(failingSince).toISOString() },
  });
  if (outcome === 'gone') {
    await endSubscription(context, id, 'NETWORK_TERMINATED');
    return false;
  }
  if (outcome !== 'taken' && outcome !== 'refused') {
    await noteFailure(context, run);
    return false;
  }
  // First, or who dies in between says it again, and does not know since when it failed.
  await stores.subscriptions.change(id, (one) =>
    one.status === 'INACTIVE' ? { ...one, status: 'ACTIVE' } : undefined,
  );
  if (!(await stores.sinkWork.resume(id, run.fence))) return false;
  metrics.sinkTurns.inc({ turn: 'resumed' });
  log.info({ subscription: id }, 'the sink of a subscription answers again');
  return true;
}

import { setMaxListeners } from 'node:events';
import type { Work } from '../../runtime/queue/queues.ts';
import { activate } from '../../service/telling/activation.ts';
import { grantOf } from '../../service/telling/grant.ts';
import { tellOnceMore } from '../../service/telling/late.ts';
import { createLook, type Look } from '../../service/telling/look.ts';
import { askEverybody } from '../../service/telling/missed.ts';
import { doubtEverybody, sayRestored } from '../../service/telling/restored.ts';
import type { Telling } from '../../service/telling/tell.ts';
import { tellAll } from '../../service/telling/tell-all.ts';
import { ASKS_AGAIN } from '../../service/telling/walks.ts';
import { wake } from '../../store/due/makes-due.ts';
import { type EndReason, isOver, isStream, type Subscription } from '../../store/subscription/subscription-record.ts';
import type { SinkContext } from './context.ts';
import { endSubscription, tellEnd } from './ending.ts';
import { noteFailure, type Run, tryToResume } from './failing.ts';
import { inTurn } from './in-turn.ts';
import { send } from './send.ts';
import { clearAway, lookAfter } from './streams.ts';

/** Subscribers of whom one sink is told side by side; after a failure it is one. */
const SIDE_BY_SIDE = 8;
/** Milliseconds after which every subscription is looked at again, whatever happens. */
const LOOK_AGAIN = 60_000;

/**
 * The `sink` job: tells one subscription's sink what has changed. One runs at a time for each, so that
 * a sink that hangs keeps nobody waiting. Returns when to look again.
 */
export function createSinkJob(context: SinkContext): Work {
  const { stores, stopped, now } = context;
  // Each event on its way listens there; from eleven on Node.js takes that for a leak.
  setMaxListeners(0, stopped);

  return async (id) => {
    const subscription = await stores.subscriptions.get(id);
    if (!subscription) return clearAway(context, id);
    if (isStream(subscription)) return lookAfter(context, subscription);
    const fence = await stores.sinkWork.begin(id);
    const grant = await grantOf(stores.credentials.get, subscription, now());
    const reason = isOver(subscription) ? undefined : reasonToEnd(subscription, grant, now());
    if (reason !== undefined) await endSubscription(context, id, reason);
    const present = reason === undefined ? subscription : await stores.subscriptions.get(id);
    if (!present) return undefined;
    if (isOver(present)) return tellEnd(context, present, fence, grant !== undefined);
    if (!grant) return now();
    return goOn(context, { subscription: present, fence, grant, paused: present.status === 'INACTIVE' });
  };
}

function reasonToEnd({ expiresAt, token }: Subscription, grant: unknown, now: number): EndReason | undefined {
  if (grant === undefined) return 'NETWORK_TERMINATED';
  if (expiresAt !== undefined && expiresAt <= now) return 'SUBSCRIPTION_EXPIRED';
  return token && token.expiresAt <= now ? 'ACCESS_TOKEN_EXPIRED' : undefined;
}

/** When to look again; the end of the subscription is looked at in time. */
async function goOn(context: SinkContext, run: Run): Promise<number> {
  const { stores, now } = context;
  const { subscription, paused } = run;
  const { id, expiresAt = Number.POSITIVE_INFINITY, token } = subscription;
  const look = createLook(stores, context.keyedHash, run.grant);
  if (subscription.status === 'ACTIVATION_REQUESTED') {
    if ((await inTurn(context, id, () => activate(context, run, look))) === 'waits') return now() + ASKS_AGAIN;
    // What was read when the run began may be old after the walk: another run tells, or goes on behind others.
    await wake(context.queues, 'sinkAsked', [id]);
    return now();
  }
  const { next, failures, events } = await stores.sinkWork.progress(id);
  if (next > now()) return next;
  if (paused && !(await tryToResume(context, run))) return (await stores.sinkWork.progress(id)).next;
  const anew = subscription.restored === undefined ? undefined : await tellAnew(context, run, look);
  if (typeof anew === 'number') return anew;
  const missed =
    subscription.missed !== undefined && (await inTurn(context, id, () => askEverybody(context, subscription)));
  const { maxEvents = Number.POSITIVE_INFINITY } = subscription;
  const telling: Telling = {
    subscription: id,
    kinds: subscription.kinds,
    fence: run.fence,
    look,
    post: (event) => send(context, subscription, event),
    mayTell: (taken) => taken < maxEvents,
    isStillSo: () => isStillSo(context, run),
    overtaken: (one, late) => tellOnceMore(context, id, one, late),
  };
  // Of the last event that may be told there is one.
  const most = subscription.maxEvents === undefined ? SIDE_BY_SIDE : 1;
  const ended = events >= maxEvents ? 'enough' : await tellAll(context, telling, failures > 0, most);
  if (ended === 'enough') {
    await endSubscription(context, id, 'MAX_EVENTS_REACHED');
    return now();
  }
  if (ended === 'gone') {
    await endSubscription(context, id, 'NETWORK_TERMINATED');
    return now();
  }
  // By when to look again the run that has overtaken this one may have said already.
  if (ended === 'overtaken') return now();
  if (ended === 'more' || ended === 'changed' || (ended === 'all' && anew === 'more')) {
    await wake(context.queues, 'sinkAsked', [id]);
    return now();
  }
  if (ended !== 'all') return noteFailure(context, run, ended === 'refused');
  const first = (await stores.sinkWork.first(id)) ?? Number.POSITIVE_INFINITY;
  const again = now() + (anew === 'waits' || missed === 'waits' ? ASKS_AGAIN : LOOK_AGAIN);
  return Math.min(first, expiresAt, token?.expiresAt ?? Number.POSITIVE_INFINITY, again);
}

/**
 * The data were put back: the sink is told so, and then of everybody, who are looked at while few other subscriptions do so. `more`, `waits`: of some that
 * is still to come, after what has changed meanwhile. When to look again otherwise, by another run, which reads anew what this one has read.
 */
async function tellAnew(context: SinkContext, run: Run, look: Look): Promise<number | 'more' | 'waits'> {
  const { stores, queues, now } = context;
  const { id } = run.subscription;
  const said = await sayRestored(context, {
    ...run,
    post: async (event) => {
      const outcome = await send(context, run.subscription, event);
      // One that refuses the event has answered, too.
      if (outcome === 'taken' || outcome === 'refused') await stores.sinkWork.resume(id, run.fence);
      return outcome;
    },
  });
  if (said === 'gone') await endSubscription(context, id, 'NETWORK_TERMINATED');
  else if (said !== 'taken' && said !== 'cut') return noteFailure(context, run);
  if (said !== 'taken') return now();
  const looked = await inTurn(context, id, () => doubtEverybody(context, run, look));
  if (looked === 'done') await wake(queues, 'sinkAsked', [id]);
  return looked === 'more' || looked === 'waits' ? looked : now();
}

/** Whether the owner may be told the same as when the run began. */
async function isStillSo({ stores, now }: SinkContext, { subscription, grant }: Run): Promise<boolean> {
  const [present, granted] = await Promise.all([
    stores.subscriptions.get(subscription.id),
    grantOf(stores.credentials.get, subscription, now()),
  ]);
  if (!present || isOver(present) || reasonToEnd(present, granted, now())) return false;
  return JSON.stringify(granted?.ranges) === JSON.stringify(grant.ranges);
}

import type { Grant } from '../../domain/access/grant.ts';
import { ENDS_AFTER, PAUSED_AFTER, pauseAfter } from '../../domain/subscription/pauses.ts';
import type { Work } from '../../runtime/queue/queues.ts';
import { unseal } from '../../runtime/secret/sealing.ts';
import type { Fence } from '../../store/base/fence.ts';
import { queueOf, wake } from '../../store/due/makes-due.ts';
import {
  type EndReason,
  isOver,
  type Subscription,
  sealPurpose,
} from '../../store/subscription/subscription-record.ts';
import { walk } from './baseline.ts';
import { cloudEvent, type EventFacts } from './cloud-event.ts';
import type { SinkContext } from './context.ts';
import { clearEnded, endEvent, endSubscription } from './ending.ts';
import { grantOf } from './grant.ts';
import { createLook } from './look.ts';
import { type Outcome, postEvent } from './post.ts';
import { type Telling, type Told, tellOne } from './tell.ts';

/** Subscribers of whom one sink is told side by side; after a failure it is one. */
const SIDE_BY_SIDE = 8;
/** Milliseconds after which a run gives way, and is asked for again. */
const LONGEST_RUN = 5_000;
/** Milliseconds after which every subscription is looked at again, whatever happens. */
const LOOK_AGAIN = 60_000;

/** One run of the job: the subscription as it was read, and what its owner may be told. */
type Run = { subscription: Subscription; fence: Fence; grant: Pick<Grant, 'ranges'>; paused: boolean };

/**
 * The `sink` job: tells one subscription's sink what has changed. One runs at a time for each, so that
 * a sink that hangs keeps nobody waiting. Returns when to look again.
 */
export function createSinkJob(context: SinkContext): Work {
  const { stores, now } = context;

  return async (id) => {
    const subscription = await stores.subscriptions.get(id);
    if (!subscription) {
      await stores.due.settle(queueOf('sinkAsked'), id, []);
      return undefined;
    }
    const fence = await stores.sinkWork.begin(id);
    const grant = await grantOf(stores, subscription, now());
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
  const look = createLook(stores, context.keyedHash, run.grant, subscription.kinds);
  if (subscription.status === 'ACTIVATION_REQUESTED') {
    // What was read when the run began may be minutes old after the walk: another run tells.
    if (await activate(context, subscription, look)) await wake(context.queues, 'sinkAsked', [id]);
    return now();
  }
  const { next, failures, events } = await stores.sinkWork.progress(id);
  if (next > now()) return next;
  if (paused && !(await tryToResume(context, run))) return (await stores.sinkWork.progress(id)).next;
  const { maxEvents = Number.POSITIVE_INFINITY } = subscription;
  const telling: Telling = {
    subscription: id,
    kinds: subscription.kinds,
    fence: run.fence,
    look,
    post: (event) => post(context, subscription, event),
    mayTell: (taken) => taken < maxEvents,
    isStillSo: () => isStillSo(context, run),
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
  if (ended === 'more' || ended === 'changed') {
    await wake(context.queues, 'sinkAsked', [id]);
    return now();
  }
  if (ended !== 'all') return noteFailure(context, run, ended === 'refused');
  const first = (await stores.sinkWork.first(id)) ?? Number.POSITIVE_INFINITY;
  return Math.min(first, expiresAt, token?.expiresAt ?? Number.POSITIVE_INFINITY, now() + LOOK_AGAIN);
}

/** Whether the owner may be told the same as when the run began. */
async function isStillSo({ stores, now }: SinkContext, { subscription, grant }: Run): Promise<boolean> {
  const [present, granted] = await Promise.all([
    stores.subscriptions.get(subscription.id),
    grantOf(stores, subscription, now()),
  ]);
  if (!present || isOver(present) || reasonToEnd(present, granted, now())) return false;
  return JSON.stringify(granted?.ranges) === JSON.stringify(grant.ranges);
}

async function activate(
  { stores, now, stopped }: SinkContext,
  subscription: Subscription,
  look: ReturnType<typeof createLook>,
): Promise<boolean> {
  // Whoever made the subscription may have died before.
  await stores.watched.begin(subscription.id);
  if (!(await walk(stores, subscription, look, now, stopped))) return false;
  await stores.subscriptions.change(subscription.id, (one) =>
    one.status === 'ACTIVATION_REQUESTED' ? { ...one, status: 'ACTIVE' } : undefined,
  );
  return true;
}

/** Tells of all who wait, up to `most` side by side, until nobody does, or something is wrong. `careful`: the first is tried alone. */
async function tellAll(context: SinkContext, telling: Telling, careful: boolean, most: number): Promise<Told | 'more'> {
  const { stores, stopped, now } = context;
  const until = now() + LONGEST_RUN;
  let count = careful ? 1 : most;
  while (!stopped.aborted && now() < until) {
    const some = await stores.sinkWork.take(telling.subscription, now(), count);
    if (some.length === 0) return 'all';
    const outcomes = await Promise.all(some.map((one) => tellOne(context, telling, one)));
    const [worst] = outcomes.filter((outcome) => outcome !== 'all').sort(byGravity);
    if (worst) return worst;
    count = most;
  }
  return stopped.aborted ? 'all' : 'more';
}

const GRAVITY: readonly Told[] = ['overtaken', 'changed', 'gone', 'enough', 'unreachable', 'failed', 'refused', 'all'];

function byGravity(a: Told, b: Told): number {
  return GRAVITY.indexOf(a) - GRAVITY.indexOf(b);
}

async function post(context: SinkContext, subscription: Subscription, event: EventFacts): Promise<Outcome> {
  const { secretsKey, metrics, now } = context;
  const { id, sink, secrets, token } = subscription;
  const open = (what: 'secret' | 'token', sealed: string) => {
    const text = unseal(secretsKey, sealPurpose(id, what), sealed);
    if (text === undefined) throw new Error('The secret of a subscription cannot be opened.');
    return text;
  };
  const living = secrets.filter(({ until }) => until === undefined || until > now());
  const outcome = await postEvent(
    context,
    sink,
    {
      id: event.id,
      body: cloudEvent(id, event),
      secrets: living.map(({ sealed }) => Buffer.from(open('secret', sealed), 'base64')),
      token: token && open('token', token.sealed),
    },
    now(),
  );
  metrics.sinkEvents.inc({ outcome });
  return outcome;
}

/** Until when it is left alone. After a day of failures it is paused, and after a month it ends. */
async function noteFailure(
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

/** A paused sink is tried with the event that says so. */
async function tryToResume(context: SinkContext, run: Run): Promise<boolean> {
  const { stores, metrics, log } = context;
  const { subscription } = run;
  const { id } = subscription;
  const { failingSince = 0 } = await stores.sinkWork.progress(id);
  const outcome = await post(context, subscription, {
    id: `${id}-resumed-${failingSince}`,
    kind: 'subscription-resumed',
    time: context.now(),
    data: { failingSince: new Date(failingSince).toISOString() },
  });
  if (outcome === 'gone') {
    await endSubscription(context, id, 'NETWORK_TERMINATED');
    return false;
  }
  if (outcome !== 'taken') {
    await noteFailure(context, run);
    return false;
  }
  await stores.sinkWork.resume(id);
  await stores.subscriptions.change(id, (one) =>
    one.status === 'INACTIVE' ? { ...one, status: 'ACTIVE' } : undefined,
  );
  metrics.sinkTurns.inc({ turn: 'resumed' });
  log.info({ subscription: id }, 'the sink of a subscription answers again');
  return true;
}

/** One that is over: its sink is told so, unless it wants nothing more or nobody may be told; a day later it is forgotten. */
async function tellEnd(
  context: SinkContext,
  subscription: Subscription,
  fence: Fence,
  mayBeTold: boolean,
): Promise<number | undefined> {
  const { stores, draw, now } = context;
  const { id, ended } = subscription;
  const kept = await clearEnded(context, subscription);
  if (now() >= kept) {
    await stores.subscriptions.forget(subscription);
    await stores.sinkWork.forget(id);
    await stores.due.settle(queueOf('sinkAsked'), id, []);
    return undefined;
  }
  const { next } = await stores.sinkWork.progress(id);
  const toldAlready = next >= kept;
  if (toldAlready || !mayBeTold || ended?.reason === 'NETWORK_TERMINATED') return kept;
  if (next > now()) return next;
  const outcome = await post(context, subscription, endEvent(subscription));
  if (outcome === 'taken' || outcome === 'gone') {
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

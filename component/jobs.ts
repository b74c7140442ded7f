import { Fault } from '../domain/fault.ts';
import { createConverge } from '../outlet/converge.ts';
import type { ComponentConfig } from '../runtime/config/config.ts';
import { type Asked, createMemoryWorker, type MemoryWork } from '../runtime/memory-worker.ts';
import type { QueueRedis } from '../runtime/queue-redis.ts';
import { isInMemory, type MemoryQueue, type QueueName, type QueueOf, queuesOf } from '../runtime/queue-table.ts';
import { createQueueWorker, type QueueWorker } from '../runtime/queue-worker.ts';
import { createServiceContext } from '../service/context.ts';
import type { WakeSource } from '../store/base/wakes.ts';
import { createAccountJob } from './account/account.ts';
import { createOrderJob } from './account/order.ts';
import type { Context } from './context.ts';
import type { Patience } from './patience.ts';
import type { Avatars } from './picture/avatars.ts';
import type { Contacts } from './presence/contacts.ts';
import type { PresenceTracker } from './presence/presence.ts';
import { createOfferJob } from './roster/offers.ts';
import { createRosterJob } from './roster/roster.ts';
import type { XmppServer } from './server/server.ts';
import type { Bounces } from './stream/bounces.ts';
import { meetingsWithTunes } from './tune/latecomers.ts';
import { createContactJob, createListenJob } from './tune/listen.ts';
import { createQuietOutbox } from './tune/quiet-outbox.ts';
import { createXmppOutlet } from './tune/xmpp-outlet.ts';

/** What the jobs share with what listens to the stream. */
export type JobParts = {
  presence: PresenceTracker;
  avatars: Avatars;
  contacts: Contacts;
  bounces: Bounces;
  patience: Patience;
};

type JobName = QueueOf<'component'>;
type Work = {
  [Name in JobName]: Name extends MemoryQueue ? MemoryWork : (id: string) => Promise<void>;
};

/** Subscribers of one partition whom a worker that begins looks for in a due list; the sweep finds the others. */
const MOST_UNDER_WAY = 5_000;
/** Subscribers of one partition whom one sweep takes. */
const MOST_OVERDUE = 1_000;

/**
 * The component's queue workers. What they do is decided once for each server that the gate lets in. The server lets one
 * component connect, and only that one's workers are open: so jobs that are kept in memory are done by one process.
 */
export function createJobs(
  context: Context,
  config: ComponentConfig,
  sources: { queueRedis: QueueRedis; wakes: WakeSource },
  present: () => XmppServer | undefined,
  parts: JobParts,
): Map<QueueName, QueueWorker> {
  const known = new WeakMap<XmppServer, Work>();

  function workNow(): Work {
    const server = present();
    if (!server) throw new Fault('UNAVAILABLE', 'The XMPP server is not there, or grants too little.');
    const work = known.get(server) ?? workWith(server, context, config, parts);
    known.set(server, work);
    return work;
  }

  function workerOf(name: JobName): QueueWorker {
    if (!isInMemory(name)) {
      const work = parts.patience.of(name, async (id) => workNow()[name](id));
      return createQueueWorker(sources.queueRedis, config.redisPrefix, name, context.log, work);
    }
    const asked: Asked = {
      listen: (wake, gap) => sources.wakes.listen(name, wake, gap),
      underWay: () => context.stores.due.underWay(name, context.now(), MOST_UNDER_WAY),
      async overdue() {
        const ids = await context.stores.due.claim(name, context.now(), MOST_OVERDUE);
        context.metrics.swept.inc({ queue: name }, ids.length);
        return ids;
      },
    };
    return createMemoryWorker(
      name,
      context.log,
      asked,
      parts.patience.of(name, async (id) => workNow()[name](id)),
    );
  }

  return new Map(queuesOf('component').map((name) => [name, workerOf(name)]));
}

/** Most jobs do one thing where the server has an ability, and another, or nothing yet, where it has not (decision 74). */
function workWith(
  server: XmppServer,
  context: Context,
  config: ComponentConfig,
  { presence, avatars, contacts, bounces }: JobParts,
): Work {
  const { domain } = config;
  const { rosters, presences, nodes, vcards, accounts, advice } = server;
  const meetings = meetingsWithTunes(server);
  // What is not known of a server that does not tell everything may be so.
  const mayBeOnline = (jid: string) => !presences?.namesAllAtConnect || presence.of(jid).length > 0;
  return {
    tune: nodes ? createConverge(createXmppOutlet({ ...context, nodes }, config), context) : createQuietOutbox(context),
    roster: untimed(
      rosters
        ? createRosterJob({ ...context, rosters, mayBeOnline, ...(meetings && { meetings }) }, presence.sync)
        : createOfferJob({ context, presence, bounces, domain }),
    ),
    account: createAccountJob({ ...context, accounts, advice }),
    order: createOrderJob({ ...context, accounts, advice }, createServiceContext(config, context)),
    listen: nodes ? createListenJob({ ...context, nodes }) : createContactJob(context, contacts.greet),
    avatar: nodes ? (id) => avatars.look({ nodes, vcards }, id) : avatars.wait,
  };
}

/** Work that puts nothing off in memory: what has to wait is due later. */
function untimed(work: (id: string) => Promise<void>): MemoryWork {
  return async (id) => {
    await work(id);
    return undefined;
  };
}

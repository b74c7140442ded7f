import { isElsewhere } from '../domain/account/homes.ts';
import { domainOf } from '../domain/account/jid.ts';
import { Fault } from '../domain/fault.ts';
import { createConverge } from '../outlet/converge.ts';
import type { ComponentConfig } from '../runtime/config/component-config.ts';
import type { MemoryWorker } from '../runtime/queue/memory-worker.ts';
import type { QueueOf } from '../runtime/queue/queue-table.ts';
import type { WokenWork, Work } from '../runtime/queue/queues.ts';
import { createServiceContext } from '../service/context.ts';
import type { WakeSource } from '../store/due/wakes.ts';
import { createAccountJob } from './account/account.ts';
import { createOrderJob } from './account/order.ts';
import type { Context } from './context.ts';
import type { Avatars } from './picture/avatars.ts';
import type { Contacts } from './presence/contacts.ts';
import type { PresenceTracker } from './presence/presence.ts';
import type { Restore } from './restore/restoring.ts';
import type { FriendsElsewhere } from './roster/friends-elsewhere.ts';
import { createOfferJob } from './roster/offers.ts';
import { createRosterJob } from './roster/roster.ts';
import type { XmppServer } from './server/server.ts';
import type { Bounces } from './stream/bounces.ts';
import type { Stream } from './stream/stream.ts';
import { meetingsWithTunes } from './tune/latecomers.ts';
import { createContactJob, createListenJob } from './tune/listen.ts';
import { withNothingLeft } from './tune/nothing-left.ts';
import { createQuietOutbox } from './tune/quiet-outbox.ts';
import { createXmppOutlet } from './tune/xmpp-outlet.ts';
import type { Patience } from './work/patience.ts';
import { createWorkers } from './work/workers.ts';

/** What the jobs share with what listens to the stream. */
export type JobParts = {
  stream: Pick<Stream, 'send' | 'request'>;
  presence: PresenceTracker;
  avatars: Avatars;
  contacts: Contacts;
  bounces: Bounces;
  patience: Patience;
  friendsElsewhere: FriendsElsewhere;
  restore: Restore;
};

/** The component's queue workers. */
export type Jobs = {
  readonly workers: readonly MemoryWorker[];
  /** There is another server, or none: what the jobs do is decided once for each. */
  workWith(server: XmppServer | undefined): void;
};

type Works = { [Name in QueueOf<'component'>]: WokenWork };

/** Until there is a server every job fails, and what it was asked for is still due. */
export function createJobs(context: Context, config: ComponentConfig, wakes: WakeSource, parts: JobParts): Jobs {
  let present: XmppServer | undefined;
  let works: Works | undefined;

  function workNow(name: QueueOf<'component'>): WokenWork {
    return async (id, wake) => {
      if (name !== 'avatar') await parts.restore.works(name === 'roster');
      if (!works) throw new Fault('UNAVAILABLE', 'The XMPP server is not there, or grants too little.');
      return works[name](id, wake);
    };
  }

  return {
    workers: createWorkers(context, config.homeHost, wakes, parts.patience, workNow),
    workWith(server) {
      if (server === present) return;
      present = server;
      works = server && decideWork(server, context, config, parts);
    },
  };
}

/** Most jobs do one thing where the server has an ability, and another, or nothing yet, where it has not (decision 74). */
function decideWork(
  server: XmppServer,
  context: Context,
  config: ComponentConfig,
  { stream, presence, avatars, contacts, bounces, friendsElsewhere, restore }: JobParts,
): Works {
  const { domain } = config;
  const { rosters, presences, nodes, keeps, vcards, accounts, advice, lapses } = server;
  const mindful = { ...context, ...(lapses && { lapses }) };
  const meetings = meetingsWithTunes(context, server);
  // What is not known of a server that does not tell everything may be so.
  const mayBeOnline = (jid: string) => !presences?.namesAllAtConnect || presence.of(jid).length > 0;
  return {
    tune: tuneWork(server, context, config, friendsElsewhere.seek),
    roster: untimed(
      rosters
        ? createRosterJob(
            { ...mindful, rosters, mayBeOnline, ...(meetings && { meetings }), ...(keeps && { made: restore.made }) },
            presence.sync,
          )
        : createOfferJob({ context, stream, presence, bounces, domain }),
    ),
    account: untimed(createAccountJob({ ...mindful, accounts, advice })),
    order: untimed(createOrderJob({ ...mindful, accounts, advice }, createServiceContext(config, context))),
    listen: untimed(nodes ? createListenJob({ ...mindful, nodes }) : createContactJob(context, contacts)),
    avatar: untimed(ofPresent(context, nodes ? (id) => avatars.look({ nodes, vcards }, id) : avatars.wait)),
  };
}

/** The job of the outlet `xmpp` with that server. `published`: hears for whom something was. */
export function tuneWork(
  { nodes, lapses }: XmppServer,
  context: Context,
  config: ComponentConfig,
  published: (jid: string) => void = () => {},
): WokenWork {
  if (!nodes) return createQuietOutbox(context);
  const told = withNothingLeft(nodes, context.stores);
  const outlet = createXmppOutlet({ ...context, nodes: told, published, ...(lapses && { lapses }) }, config);
  return createConverge(outlet, context);
}

/** Work about present accounts, which waits while a subscriber has still to leave one here for one at another home. */
function ofPresent({ stores, home }: Context, work: (id: string) => Promise<void>): (id: string) => Promise<void> {
  if (home === undefined) return work;
  return async (id) => {
    const subscriber = await stores.subscribers.record(id);
    if (!subscriber || !isElsewhere(home, domainOf(subscriber.jid))) await work(id);
  };
}

/** Work that puts nothing off in memory: what has to wait is due later. */
function untimed(work: (id: string) => Promise<void>): Work {
  return async (id) => {
    await work(id);
    return undefined;
  };
}

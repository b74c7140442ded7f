import type { ComponentConfig } from '../runtime/config.ts';
import type { QueueRedis } from '../runtime/queue-redis.ts';
import { createQueueWorker, type QueueName, type QueueWork, type QueueWorker } from '../runtime/queues.ts';
import { createAccountJob } from './account/account.ts';
import { adminView, privilegedView } from './account/account-view.ts';
import type { Context } from './context.ts';
import type { Patience } from './patience.ts';
import type { Avatars } from './picture/avatars.ts';
import type { Contacts } from './presence/contacts.ts';
import type { PresenceTracker } from './presence/presence.ts';
import { createOfferJob } from './roster/offers.ts';
import { createRosterJob } from './roster/roster.ts';
import type { Bounces } from './stream/bounces.ts';
import { createContactJob, createListenJob } from './tune/listen.ts';
import { createOutbox } from './tune/outbox.ts';
import { createQuietOutbox } from './tune/quiet-outbox.ts';

/** What the jobs share with what listens to the stream. */
export type JobParts = {
  presence: PresenceTracker;
  avatars: Avatars;
  contacts: Contacts;
  bounces: Bounces;
  patience: Patience;
};

/** The component's queue workers. Most do one thing where the server has granted privileges, and another where it has not (decision 74). */
export function createJobs(
  context: Context,
  config: ComponentConfig,
  queueRedis: QueueRedis,
  isPrivileged: () => boolean,
  { presence, avatars, contacts, bounces, patience }: JobParts,
): Map<QueueName, QueueWorker> {
  const { stream, log } = context;
  const { domain, homeHost } = config;

  function run(name: QueueName, concurrency: number, usual: QueueWork, unprivileged = usual): [QueueName, QueueWorker] {
    const work: QueueWork = (...job) => (isPrivileged() ? usual : unprivileged)(...job);
    const patient = patience.of(name, work);
    return [name, createQueueWorker(queueRedis, config.redisPrefix, name, concurrency, log, patient)];
  }

  const accountView = () => (isPrivileged() ? privilegedView(stream) : adminView(stream, homeHost));
  const offers = createOfferJob({ context, presence, bounces, domain });
  return new Map([
    run('tune', 50, createOutbox(context, config), createQuietOutbox(context, config)),
    run('roster', 8, createRosterJob(context, presence.sync), offers),
    run('account', 4, createAccountJob(context, homeHost, accountView)),
    run('listen', 4, createListenJob(context, domain), createContactJob(context, contacts.greet)),
    run('avatar', 4, avatars.look, avatars.wait),
  ]);
}

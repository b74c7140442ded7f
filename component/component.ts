import type { ComponentConfig } from '../runtime/config.ts';
import type { Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createQueueWorker, type QueueName, type QueueWork, type QueueWorker } from '../runtime/queues.ts';
import { readVersion } from '../runtime/version.ts';
import { startHeartbeat } from '../store/heartbeat.ts';
import { openStores } from '../store/open.ts';
import { createAccountJob } from './account.ts';
import { adminView, privilegedView } from './account-view.ts';
import { offerCommands } from './adhoc.ts';
import { createAvatars } from './avatars.ts';
import { createBounces } from './bounces.ts';
import { createChat } from './chat.ts';
import { createCommandContext } from './command-context.ts';
import { createContacts } from './contacts.ts';
import type { Context } from './context.ts';
import { answerDisco } from './disco.ts';
import { createEchoes } from './echoes.ts';
import { createGate } from './gate.ts';
import { createContactJob, createListenJob } from './listen.ts';
import { answerGateway } from './number-gateway.ts';
import { createOfferJob } from './offers.ts';
import { createOutbox } from './outbox.ts';
import { createOwnTunes } from './own-tunes.ts';
import { TUNE } from './pep.ts';
import { createPreparation } from './preparation.ts';
import { createPresenceTracker } from './presence.ts';
import { createMeetings } from './probe.ts';
import { answerQuicksy } from './quicksy.ts';
import { createQuietOutbox } from './quiet-outbox.ts';
import { answerRegistration } from './registration.ts';
import { createRosterJob } from './roster.ts';
import { answerSearch } from './search.ts';
import { answerQuestions } from './service.ts';
import { createStream } from './stream.ts';
import { answerVcard } from './vcard.ts';

/** Starts the external component: its stream, and the jobs that need it. */
export async function startComponent(config: ComponentConfig, log: Log): Promise<Running> {
  const { stores, queues, queueRedis, close } = await openStores(config, 'wait', log);
  const stream = createStream(config, log);
  const context: Context = {
    stores,
    queues,
    stream,
    meetings: createMeetings(stream),
    echoes: createEchoes(Date.now),
    metrics: createMetrics('component'),
    log,
    now: Date.now,
  };
  const presence = createPresenceTracker(context, config.homeHost);
  const avatars = createAvatars(context, config.homeHost);
  const isPrivileged = () => gate.mode() !== 'unprivileged';
  const contacts = createContacts(context, config, () => info());
  const ownTunes = createOwnTunes(context, config.homeHost, contacts.mayRepeat);
  const bounces = createBounces(Date.now, (err) => log.warn({ err }, 'an offer that came back is not noted'));
  const offering = { context, presence, bounces, domain: config.domain };
  const accountView = () => (isPrivileged() ? privilegedView(stream) : adminView(stream, config.homeHost));
  const byMode =
    (usual: QueueWork, unprivileged: QueueWork): QueueWork =>
    (...job) =>
      (isPrivileged() ? usual : unprivileged)(...job);
  const run = (name: QueueName, concurrency: number, work: QueueWork) =>
    createQueueWorker(queueRedis, config.redisPrefix, name, concurrency, log, work);
  const workers = new Map<QueueName, QueueWorker>([
    ['tune', run('tune', 50, byMode(createOutbox(context, config), createQuietOutbox(context, config)))],
    ['roster', run('roster', 8, byMode(createRosterJob(context, presence.sync), createOfferJob(offering)))],
    ['account', run('account', 4, createAccountJob(context, config.homeHost, accountView))],
    [
      'listen',
      run('listen', 4, byMode(createListenJob(context, config.domain), createContactJob(context, contacts.greet))),
    ],
    ['avatar', run('avatar', 4, avatars.look)],
  ]);
  const gate = createGate(stream, config, queues, workers, createPreparation(context, contacts, presence), log);
  stream.onStanza((stanza) => {
    avatars.receive(stanza);
    if (stanza.name === 'presence') {
      presence.receive(stanza);
      contacts.receive(stanza);
    } else if (stanza.name === 'message') {
      gate.receive(stanza);
      bounces.receive(stanza);
      ownTunes.receive(stanza);
    }
  });
  stream.onOnline(presence.settle);
  stream.onOffline(presence.forget);
  stream.onOffline(context.echoes.forget);
  stream.onOffline(avatars.forget);
  stream.onOffline(contacts.forget);
  const commands = createCommandContext(config, context);
  const chat = createChat(stream, commands);
  stream.onStanza(chat.receive);
  const capabilities = [
    answerQuestions(stream, readVersion()),
    offerCommands(stream, commands),
    answerVcard(stream, config.publicUrl),
    answerGateway(stream, commands, log),
    answerSearch(stream, commands, log),
    answerRegistration(stream, commands, log),
    ...(config.quicksy === 'on' ? [answerQuicksy(stream, commands, log)] : []),
  ];
  const info = answerDisco(stream, capabilities, () => (isPrivileged() ? [] : [`${TUNE}+notify`]));
  stream.start();
  const heartbeat = startHeartbeat(stores, 'component', context.metrics, log, gate.status);

  return {
    async stop() {
      await heartbeat.stop();
      await Promise.all([...workers.values()].map((worker) => worker.close()));
      await presence.stop();
      await avatars.stop();
      await ownTunes.stop();
      await chat.stop();
      await stream.stop();
      await close();
    },
  };
}

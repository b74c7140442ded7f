import type { ComponentConfig } from '../runtime/config.ts';
import type { Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { readVersion } from '../runtime/version.ts';
import { startHeartbeat } from '../store/heartbeat.ts';
import { openStores } from '../store/open.ts';
import { offerCommands } from './adhoc.ts';
import { createAvatars } from './avatars.ts';
import { createBounces } from './bounces.ts';
import { createChat } from './chat.ts';
import { createCommandContext } from './command-context.ts';
import { createContacts } from './contacts.ts';
import type { Context } from './context.ts';
import { answerDisco } from './disco.ts';
import { answerDiscovery } from './discovery.ts';
import { createEchoes } from './echoes.ts';
import { createGate } from './gate.ts';
import { createJobs } from './jobs.ts';
import { createOwnTunes } from './own-tunes.ts';
import { createPatience } from './patience.ts';
import { TUNE } from './pep.ts';
import { createPreparation } from './preparation.ts';
import { createPresenceTracker } from './presence.ts';
import { createMeetings } from './probe.ts';
import { createRosterWrites } from './roster-writes.ts';
import { answerQuestions } from './service.ts';
import { createStream } from './stream.ts';

/** Starts the external component: its stream, and the jobs that need it. */
export async function startComponent(config: ComponentConfig, log: Log): Promise<Running> {
  const { stores, queues, queueRedis, close } = await openStores(config, 'wait', log);
  const stream = createStream(config, log);
  const context: Context = {
    stores,
    queues,
    stream,
    rosterWrites: createRosterWrites(stream),
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
  const patience = createPatience(context);
  const parts = { presence, avatars, contacts, bounces, patience };
  const jobs = createJobs(context, config, queueRedis, isPrivileged, parts);
  const gate = createGate(stream, config, queues, jobs, createPreparation(context, contacts, presence), log);
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
  stream.onOffline(context.rosterWrites.forget);
  context.rosterWrites.onBrokenWord(gate.distrust);
  stream.onOffline(context.echoes.forget);
  stream.onOffline(avatars.forget);
  stream.onOffline(contacts.forget);
  stream.onOffline(patience.forget);
  const commands = createCommandContext(config, context);
  const chat = createChat(stream, commands);
  stream.onStanza(chat.receive);
  const capabilities = [
    answerQuestions(stream, readVersion()),
    offerCommands(stream, commands),
    ...answerDiscovery(stream, config, commands, log),
  ];
  const info = answerDisco(stream, capabilities, () => (isPrivileged() ? [] : [`${TUNE}+notify`]));
  stream.start();
  const heartbeat = startHeartbeat(stores, 'component', context.metrics, log, gate.status);
  gate.onStatus(heartbeat.soon);

  return {
    async stop() {
      await heartbeat.stop();
      await Promise.all([...jobs.values()].map((worker) => worker.close()));
      await patience.stop();
      await presence.stop();
      await avatars.stop();
      await ownTunes.stop();
      await chat.stop();
      await stream.stop();
      await close();
    },
  };
}

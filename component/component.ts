import { randomUUID } from 'node:crypto';
import type { ComponentConfig } from '../runtime/config/config.ts';
import type { Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { connectEvents } from '../runtime/redis.ts';
import { readVersion } from '../runtime/version.ts';
import type { Status } from '../store/base/status.ts';
import { createWakeSource } from '../store/base/wakes.ts';
import { startHeartbeat } from '../store/heartbeat.ts';
import { openStores } from '../store/open.ts';
import { createChat } from './commands/chat/chat.ts';
import { createCommandContext } from './commands/command-context.ts';
import { offerCommands } from './commands/form/adhoc.ts';
import type { Context } from './context.ts';
import { answerDisco } from './disco/disco.ts';
import { answerQuestions } from './disco/service.ts';
import { createJobs } from './jobs.ts';
import { answerDiscovery } from './lookup/discovery.ts';
import { createPatience } from './patience.ts';
import { createAvatars } from './picture/avatars.ts';
import { createPreparation } from './preparation.ts';
import { createContacts } from './presence/contacts.ts';
import { createPresenceTracker } from './presence/presence.ts';
import { createGate } from './server/gate.ts';
import type { XmppServer } from './server/server.ts';
import { createStandby } from './standby.ts';
import { createBounces } from './stream/bounces.ts';
import { createEchoes } from './stream/echoes.ts';
import { createStream } from './stream/stream.ts';
import { createLatecomers } from './tune/latecomers.ts';
import { NODES } from './tune/nodes.ts';
import { createOwnTunes } from './tune/own-tunes.ts';

/** What a component says that is not the active one. */
const STANDING_BY: Status = { ready: false, standby: true, missing: ['the active component'] };

/** Starts the external component: its stream, and the jobs that need it. */
export async function startComponent(config: ComponentConfig, log: Log): Promise<Running> {
  const { stores, queues, queueRedis, place, close } = await openStores(config, 'wait', log);
  const wakeRedis = await connectEvents(place, log);
  const stream = createStream({ ...config, turn: () => standby.turn() }, log);
  const context: Context = {
    stores,
    queues,
    stream,
    echoes: createEchoes(Date.now),
    metrics: createMetrics('component'),
    log,
    now: Date.now,
  };
  const latecomers = createLatecomers(context, () => gate.server());
  const presence = createPresenceTracker(context, config.homeHost, latecomers.appeared);
  const avatars = createAvatars(context, config.homeHost);
  const contacts = createContacts(context, config, () => info());
  const ownTunes = createOwnTunes(context, config, contacts.mayRepeat);
  const bounces = createBounces(Date.now, (err) => log.warn({ err }, 'an offer that came back is not noted'));
  const patience = createPatience(context);
  const parts = { presence, avatars, contacts, bounces, patience };
  const sources = { queueRedis, wakes: createWakeSource(wakeRedis, stores.keys) };
  const jobs = createJobs(context, config, sources, () => gate.server(), parts);
  const gate = createGate(stream, config, queues, jobs, createPreparation(context, contacts, presence), log);
  stream.onStanza((stanza) => {
    if (stanza.name === 'presence') {
      avatars.receive(stanza);
      presence.receive(stanza);
      contacts.receive(stanza);
    } else if (stanza.name === 'message') {
      gate.receive(stanza);
      bounces.receive(stanza);
      ownTunes.receive(stanza);
    }
  });
  stream.onOnline(() => standby.online());
  stream.onOnline(presence.settle);
  stream.onOffline(presence.forget);
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
  const info = answerDisco(stream, capabilities, () => heardAsContact(gate.server()));
  const instance = randomUUID();
  const standby = createStandby(
    context,
    instance,
    () => gate.server()?.refusesSecond ?? false,
    stream.drop,
    (active) => {
      countComponent(context, active);
      heartbeat.soon();
    },
  );
  const heartbeat = startHeartbeat(stores, { instance, role: 'component' }, context.metrics, log, () =>
    standby.waits() ? STANDING_BY : gate.status(),
  );
  gate.onStatus(heartbeat.soon);
  countComponent(context, false);
  stream.start();

  return {
    async stop() {
      await heartbeat.stop();
      await Promise.all([...jobs.values()].map((worker) => worker.close()));
      await patience.stop();
      await presence.stop();
      await latecomers.stop();
      await avatars.stop();
      await ownTunes.stop();
      await chat.stop();
      await stream.stop();
      await standby.stop();
      await close();
      wakeRedis.destroy();
    },
  };
}

function countComponent({ metrics }: Context, active: boolean): void {
  metrics.components.set({ state: 'active' }, active ? 1 : 0);
  metrics.components.set({ state: 'standby' }, active ? 0 : 1);
}

/** Where the component may not listen to users' nodes it hears them as their contact. */
function heardAsContact(server: XmppServer | undefined): string[] {
  return server && !server.nodes ? NODES.flatMap(({ notify }) => notify ?? []) : [];
}

import type { ComponentConfig } from '../runtime/config/component-config.ts';
import { elapsed } from '../runtime/elapsed.ts';
import type { Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import type { Tracing } from '../runtime/tracing.ts';
import { readVersion } from '../runtime/version.ts';
import { createWakeSource } from '../store/due/wakes.ts';
import { startHeartbeat } from '../store/heartbeat.ts';
import { openStores } from '../store/open.ts';
import { createLatecomerSource } from '../store/playing/latecomers.ts';
import { settingsOfComponent } from '../store/process/shared-settings.ts';
import type { Status } from '../store/process/status.ts';
import { createStandby } from './active/standby.ts';
import { createStillActive } from './active/still-active.ts';
import { createChat } from './commands/chat/chat.ts';
import { createCommandContext } from './commands/command-context.ts';
import { offerCommands } from './commands/form/adhoc.ts';
import type { Context } from './context.ts';
import { answerDisco } from './disco/disco.ts';
import { answerQuestions } from './disco/service.ts';
import { createJobs, tuneWork } from './jobs.ts';
import { createForgetting } from './lapses/forgetting.ts';
import { tellAgain } from './lapses/told-again.ts';
import { answerDiscovery } from './lookup/discovery.ts';
import { createAvatars } from './picture/avatars.ts';
import { createPreparation } from './preparation.ts';
import { createContacts } from './presence/contacts.ts';
import { createPresenceTracker } from './presence/presence.ts';
import { createPassOver } from './restore/pass-over.ts';
import { createRestore } from './restore/restoring.ts';
import { forgottenItems } from './roster/forgotten-items.ts';
import { createFriendsElsewhere } from './roster/friends-elsewhere.ts';
import { createRosterSampling } from './roster/sampling.ts';
import { requireSameHomes } from './same-homes.ts';
import { createGate } from './server/gate.ts';
import type { ServersConfig } from './server/kinds.ts';
import type { XmppServer } from './server/server.ts';
import { createBounces } from './stream/bounces.ts';
import { createEchoes } from './stream/echoes.ts';
import { createStream } from './stream/stream.ts';
import { createLatecomers } from './tune/latecomers.ts';
import { askForNewNodes } from './tune/new-nodes.ts';
import { NODES } from './tune/nodes.ts';
import { createOwnTunes } from './tune/own-tunes.ts';
import { createPatience } from './work/patience.ts';

/** What a component says that is not the active one. */
const STANDING_BY: Status = { ready: false, standby: true, missing: ['the active component'] };

/** Starts the external component: its stream, and the jobs that need it. */
export async function startComponent(
  config: ComponentConfig & ServersConfig,
  log: Log,
  tracing?: Tracing,
): Promise<Running> {
  const { stores, queues, place, listen, close } = await openStores(config, 'wait', log);
  const wakeRedis = await listen();
  const doubt = createStillActive(() => standby.isActive());
  const stream = createStream({ ...config, turn: () => standby.turn(), stillActive: doubt.stillActive }, log);
  const context: Context = {
    stores,
    queues,
    echoes: createEchoes(),
    metrics: createMetrics('component'),
    log,
    now: Date.now,
    tracing,
    ...(config.hosts.length > 0 && { home: config.homeHost }),
  };
  const latecomers = createLatecomers(context);
  const friendsElsewhere = createFriendsElsewhere(context, config, (jid) => presence.of(jid).length > 0);
  const presence = createPresenceTracker(context, config.homeHost, (jid) => {
    latecomers.appeared(jid);
    friendsElsewhere.seek(jid);
  });
  const avatars = createAvatars(context, config.homeHost);
  const contacts = createContacts(context, config, stream, () => disco.info());
  const ownTunes = createOwnTunes(context, config, contacts.mayRepeat);
  const bounces = createBounces(elapsed, (err) => log.warn({ err }, 'an offer that came back is not noted'));
  const patience = createPatience(context, stream);
  const restore = createRestore(context, config, stream.drop);
  // As soon as it is gone, so that no job runs before it was looked at; and once more when it is there.
  for (const event of ['reconnecting', 'ready'] as const) wakeRedis.on(event, restore.missed);
  const parts = { stream, presence, avatars, contacts, bounces, patience, friendsElsewhere, restore };
  const wakes = createWakeSource(wakeRedis, stores.keys, place.sharded, config.homeHost);
  await createLatecomerSource(wakeRedis, stores.keys, config.homeHost)(latecomers.appearedElsewhere);
  const jobs = createJobs(context, config, wakes, parts);
  const beforeJobs = {
    async remind(server: XmppServer) {
      // Before anything is published, by whichever of the two.
      if (server.nodes) await askForNewNodes(context, config.homeHost);
      const tune = tuneWork(server, context, config);
      await restore.begin(server, tune);
      await tellAgain(context, config.homeHost, server, { tune, items: forgottenItems, passOver: createPassOver(log) });
    },
    prepare: createPreparation(context, config, contacts, presence),
    seemsOnline: (jid: string) => presence.of(jid).length > 0,
  };
  const gate = createGate(stream, config, jobs.workers, beforeJobs, log);
  const forgetting = createForgetting(context, config.homeHost);
  const sampling = createRosterSampling(context, config.homeHost);
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
  stream.onOffline(restore.forget);
  stream.onOffline(friendsElsewhere.forget);
  const commands = createCommandContext(config, context, stream);
  const chat = createChat(stream, commands);
  stream.onStanza(chat.receive);
  const capabilities = [
    answerQuestions(stream, readVersion()),
    offerCommands(stream, commands),
    ...answerDiscovery(stream, config, commands, log),
  ];
  const disco = answerDisco(stream, capabilities);
  const { instance } = context.metrics;
  const home = config.hosts.length > 0 ? { home: config.homeHost } : {};
  const self = { host: config.homeHost, instance };
  // Others could have another lease, and the server would end the connection of whom it let in first.
  const mayConnect = () => requireSameHomes(stores, config.hosts);
  const standby = createStandby(context, self, mayConnect, stream.drop, (active) => {
    countComponent(context, home, active);
    heartbeat.soon();
  });
  const heartbeat = startHeartbeat(
    stores,
    {
      role: 'component',
      homeHost: config.homeHost,
      ...{ ...home, homes: config.hosts.join(' ') },
      settings: settingsOfComponent(config),
    },
    context.metrics,
    log,
    () => (standby.waits() ? STANDING_BY : gate.status()),
  );
  gate.onStatus((server, ready) => {
    jobs.workWith(server);
    contacts.workWith(server);
    disco.alsoHas(heardAsContact(server));
    latecomers.workWith(server);
    forgetting.workWith(server);
    restore.workWith(server);
    standby.workWith(server);
    friendsElsewhere.workWith(ready ? server : undefined);
    sampling.workWith(ready ? server : undefined);
    heartbeat.soon();
  });
  countComponent(context, home, false);
  const countConnection = (up: boolean) => context.metrics.connected.set(home, up ? 1 : 0);
  stream.onOnline(() => countConnection(true));
  stream.onOffline(() => countConnection(false));
  countConnection(false);
  stream.start();

  return {
    async stop() {
      await heartbeat.stop();
      await forgetting.stop();
      await sampling.stop();
      await Promise.all(jobs.workers.map((worker) => worker.close()));
      await restore.stop();
      await patience.stop();
      await presence.stop();
      await latecomers.stop();
      await friendsElsewhere.stop();
      await avatars.stop();
      await ownTunes.stop();
      await chat.stop();
      await stream.stop();
      await standby.stop();
      await doubt.stop();
      await tracing?.stop();
      await close();
      wakeRedis.destroy();
    },
  };
}

function countComponent({ metrics }: Context, home: { home?: string }, active: boolean): void {
  metrics.components.set({ ...home, state: 'active' }, active ? 1 : 0);
  metrics.components.set({ ...home, state: 'standby' }, active ? 0 : 1);
}

/** Where the component may not listen to users' nodes it hears them as their contact. */
function heardAsContact(server: XmppServer | undefined): string[] {
  return server && !server.nodes ? NODES.flatMap(({ notify }) => notify ?? []) : [];
}

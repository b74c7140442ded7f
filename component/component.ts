import type { ComponentConfig } from '../runtime/config.ts';
import type { Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createQueueWorker, type QueueName, type QueueWork, type QueueWorker } from '../runtime/queues.ts';
import { readVersion } from '../runtime/version.ts';
import { startHeartbeat } from '../store/heartbeat.ts';
import { openStores } from '../store/open.ts';
import { createAccountJob } from './account.ts';
import { offerCommands } from './adhoc.ts';
import { createAvatars } from './avatars.ts';
import { createChat } from './chat.ts';
import { createCommandContext } from './command-context.ts';
import type { Context } from './context.ts';
import { answerDisco } from './disco.ts';
import { answerDiscovery } from './discovery.ts';
import { createEchoes } from './echoes.ts';
import { createGate } from './gate.ts';
import { createListenJob } from './listen.ts';
import { createOutbox } from './outbox.ts';
import { createOwnTunes } from './own-tunes.ts';
import { createPresenceTracker } from './presence.ts';
import { createMeetings } from './probe.ts';
import { createRosterJob } from './roster.ts';
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
    meetings: createMeetings(stream),
    echoes: createEchoes(Date.now),
    metrics: createMetrics('component'),
    log,
    now: Date.now,
  };
  const presence = createPresenceTracker(context, config.homeHost);
  const avatars = createAvatars(context, config.homeHost);
  const ownTunes = createOwnTunes(context, config.homeHost);
  const run = (name: QueueName, concurrency: number, work: QueueWork) =>
    createQueueWorker(queueRedis, config.redisPrefix, name, concurrency, log, work);
  const workers = new Map<QueueName, QueueWorker>([
    ['tune', run('tune', 50, createOutbox(context, config))],
    ['roster', run('roster', 8, createRosterJob(context, presence.sync))],
    ['account', run('account', 4, createAccountJob(context, config.homeHost))],
    ['listen', run('listen', 4, createListenJob(context, config.domain))],
    ['avatar', run('avatar', 4, avatars.look)],
  ]);
  const gate = createGate(stream, config, queues, workers, log);
  stream.onStanza((stanza) => {
    avatars.receive(stanza);
    if (stanza.name === 'presence') presence.receive(stanza);
    else if (stanza.name === 'message') {
      gate.receive(stanza);
      ownTunes.receive(stanza);
    }
  });
  stream.onOnline(presence.settle);
  stream.onOffline(presence.forget);
  stream.onOffline(context.echoes.forget);
  stream.onOffline(avatars.forget);
  const commands = createCommandContext(config, context);
  const chat = createChat(stream, commands);
  stream.onStanza(chat.receive);
  answerDisco(stream, [
    answerQuestions(stream, readVersion()),
    offerCommands(stream, commands),
    ...answerDiscovery(stream, config, commands, log),
  ]);
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

import type { WorkerConfig } from '../runtime/config/worker-config.ts';
import { elapsed } from '../runtime/elapsed.ts';
import { createAddressGuard } from '../runtime/internal-addresses.ts';
import { atMostEvery, every, type Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { type QueueOf, queuesOf } from '../runtime/queue/queue-table.ts';
import { createQueueWorker, type QueueWork } from '../runtime/queue/queue-worker.ts';
import type { Work } from '../runtime/queue/queues.ts';
import { createKeyedHash } from '../runtime/secret/keyed-hash.ts';
import { createNumberKey, createNumberKeys } from '../runtime/secret/number-key.ts';
import { puttingOff, puttingOffUnlessAsked } from '../store/due/put-off.ts';
import { hearWatched } from '../store/due/watched.ts';
import { startHeartbeat } from '../store/heartbeat.ts';
import { openStores } from '../store/open.ts';
import { settingsOfWorker } from '../store/process/shared-settings.ts';
import { createGuardedAgent } from './carddav/agent.ts';
import { createDavReader } from './carddav/reader.ts';
import type { Context } from './context.ts';
import { createReconcileJob } from './reconcile.ts';
import { createKeyRound, goOn } from './rounds.ts';
import { createSendCodeJob } from './send-code.ts';
import { createSourceJob } from './source.ts';
import { SOURCE_LIMITS } from './source-read.ts';
import { createSourceSlots } from './source-slots.ts';
import { forgetLeavers, refillBudgets, SWEEP_INTERVAL, sweep } from './sweep.ts';
import type { SinkContext } from './webhooks/context.ts';
import { createSinkWalks } from './webhooks/in-turn.ts';
import { createSinkJob } from './webhooks/sink-job.ts';
import { createWatchRound, WATCH_GAP, WATCH_INTERVAL } from './webhooks/watch-round.ts';

/** Milliseconds after which it is forgotten who has been gone for long. */
const FORGET_INTERVAL = 60_000;
/** Milliseconds between two looks whether the operator has asked for a round. */
const ROUND_INTERVAL = 100;
/** Milliseconds that the sink of a subscription has for an answer. */
const SINK_PATIENCE = 10_000;

/** Starts the background work that needs no XMPP: reconciliation, network address books, codes for logging in, events for subscriptions, and the sweep. */
export async function startWorker(config: WorkerConfig, log: Log): Promise<Running> {
  const { stores, queues, queueRedis, place, listen, close } = await openStores(config, 'wait', log);
  const eventRedis = await listen();
  const metrics = createMetrics('worker');
  const context: Context = {
    stores,
    queues,
    policy: config.policy,
    numberKeys: createNumberKeys(config.numberKey, config.numberKeyPrevious),
    secretsKey: config.secretsKey,
    metrics,
    log,
    now: Date.now,
  };
  // Before its round through everybody begins: who is added after that knows of these keys.
  await stores.reconciliation.adoptKeys(context.numberKeys.ids);
  if (await stores.reconciliation.adopt(config.policy))
    log.info({ policy: config.policy }, 'another policy than before: everybody is looked at again');
  const reader = createDavReader();
  const stopping = new AbortController();
  const sinks: SinkContext = {
    ...{ stores, queues, metrics, log, secretsKey: config.secretsKey, now: Date.now, elapsed, draw: Math.random },
    agent: createGuardedAgent(createAddressGuard(config.sinkAllow), null),
    patience: SINK_PATIENCE,
    walks: createSinkWalks(),
    keyedHash: createKeyedHash(config.secretsKey),
    stopped: stopping.signal,
  };
  const jobs: Record<QueueOf<'worker'>, Work | QueueWork> = {
    reconcile: createReconcileJob(context),
    source: createSourceJob({
      ...context,
      config,
      numberKeyOf: createNumberKey(config.numberKey),
      reader,
      slots: createSourceSlots(),
      limits: SOURCE_LIMITS,
    }),
    verification: createSendCodeJob(context, config),
    sink: createSinkJob(sinks),
  };
  const putOff = (queue: QueueOf<'worker'>) => (queue === 'sink' ? puttingOffUnlessAsked : puttingOff);
  const workers = queuesOf('worker').map((queue) =>
    createQueueWorker(queueRedis, queue, log, putOff(queue)(stores.due, queue, jobs[queue]), () =>
      metrics.jobFailures.inc({ queue }),
    ),
  );
  const sweeping = every(SWEEP_INTERVAL, log, async () => {
    await sweep(context);
    await refillBudgets(context);
    await forgetLeavers(context);
    await queues.dropEvents();
  });
  const forgetting = every(FORGET_INTERVAL, log, () => stores.gone.forget());
  const watching = every(WATCH_INTERVAL, log, createWatchRound(sinks));
  const noted = atMostEvery(WATCH_GAP, watching.soon);
  await hearWatched(eventRedis, stores.keys, place.sharded, noted.soon);
  const keyRound = createKeyRound(context);
  const rounds = every(ROUND_INTERVAL, log, async () => {
    await keyRound();
    await goOn(context);
  });
  const heartbeat = startHeartbeat(
    stores,
    { role: 'worker', settings: settingsOfWorker(config) },
    metrics,
    log,
    () => ({
      ready: true,
      missing: [],
    }),
  );

  return {
    async stop() {
      await heartbeat.stop();
      await rounds.stop();
      await sweeping.stop();
      await forgetting.stop();
      noted.stop();
      await watching.stop();
      stopping.abort();
      await Promise.all([reader.stop(), ...workers.map((worker) => worker.close())]);
      await sinks.agent.destroy();
      await close();
      eventRedis.destroy();
    },
  };
}

import type { WorkerConfig } from '../runtime/config.ts';
import { every, type Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createNumberKeys } from '../runtime/number-key.ts';
import { createQueueWorker } from '../runtime/queues.ts';
import { startHeartbeat } from '../store/heartbeat.ts';
import { openStores } from '../store/open.ts';
import type { Context } from './context.ts';
import { createReconcileJob } from './reconcile.ts';
import { createKeyRound, goOn } from './rounds.ts';
import { forgetLeavers, SWEEP_INTERVAL, sweep } from './sweep.ts';

/** How many subscribers are reconciled side by side. */
const CONCURRENCY = 16;

/** Starts the background work that needs no XMPP: reconciliation and the sweep. */
export async function startWorker(config: WorkerConfig, log: Log): Promise<Running> {
  const { stores, queues, queueRedis, close } = await openStores(config, 'wait', log);
  const metrics = createMetrics('worker');
  const context: Context = {
    stores,
    queues,
    policy: config.policy,
    numberKeys: createNumberKeys(config.numberKey, config.numberKeyPrevious),
    metrics,
    log,
    now: Date.now,
  };
  const reconcile = createQueueWorker(
    queueRedis,
    config.redisPrefix,
    'reconcile',
    CONCURRENCY,
    log,
    createReconcileJob(context),
  );
  void reconcile.run().catch((err: unknown) => log.error({ err }, 'queue worker ended'));
  const sweeping = every(SWEEP_INTERVAL, log, async () => {
    await sweep(context);
    await forgetLeavers(context);
  });
  const keyRound = createKeyRound(context);
  const rounds = every(SWEEP_INTERVAL, log, async () => {
    await keyRound();
    await goOn(context);
  });
  const heartbeat = startHeartbeat(stores, 'worker', metrics, log, () => ({ ready: true, missing: [] }));

  return {
    async stop() {
      await heartbeat.stop();
      await rounds.stop();
      await sweeping.stop();
      await reconcile.close();
      await close();
    },
  };
}

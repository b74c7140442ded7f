import type { WorkerConfig } from '../runtime/config.ts';
import { every, type Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createQueueWorker } from '../runtime/queues.ts';
import { startHeartbeat } from '../store/heartbeat.ts';
import { openStores } from '../store/open.ts';
import type { Context } from './context.ts';
import { createReconcileJob } from './reconcile.ts';
import { createSendCodeJob } from './send-code.ts';
import { forgetLeavers, SWEEP_INTERVAL, sweep } from './sweep.ts';

/** How many subscribers are reconciled side by side. */
const CONCURRENCY = 16;

/** How many codes are on their way to the webhook side by side. */
const CODES = 16;

/** Starts the background work that needs no XMPP: reconciliation, the sending of codes, and the sweep. */
export async function startWorker(config: WorkerConfig, log: Log): Promise<Running> {
  const { stores, queues, queueRedis, close } = await openStores(config, 'wait', log);
  const metrics = createMetrics('worker');
  const context: Context = { stores, queues, policy: config.policy, metrics, log, now: Date.now };
  const reconcile = createQueueWorker(
    queueRedis,
    config.redisPrefix,
    'reconcile',
    CONCURRENCY,
    log,
    createReconcileJob(context),
  );
  const codes = createQueueWorker(
    queueRedis,
    config.redisPrefix,
    'verification',
    CODES,
    log,
    createSendCodeJob(context, config),
  );
  for (const worker of [reconcile, codes])
    void worker.run().catch((err: unknown) => log.error({ err }, 'queue worker ended'));
  const sweeping = every(SWEEP_INTERVAL, log, async () => {
    await sweep(context);
    await forgetLeavers(context);
  });
  const heartbeat = startHeartbeat(stores, 'worker', metrics, log, () => ({ ready: true, missing: [] }));

  return {
    async stop() {
      await heartbeat.stop();
      await sweeping.stop();
      await Promise.all([reconcile.close(), codes.close()]);
      await close();
    },
  };
}

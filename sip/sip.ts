import { createConverge } from '../outlet/converge.ts';
import type { SipConfig } from '../runtime/config/sip-config.ts';
import { every, type Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { type QueueOf, queuesOf } from '../runtime/queue/queue-table.ts';
import { createQueueWorker } from '../runtime/queue/queue-worker.ts';
import type { Work } from '../runtime/queue/queues.ts';
import { puttingOff } from '../store/due/put-off.ts';
import { startHeartbeat } from '../store/heartbeat.ts';
import { openStores } from '../store/open.ts';
import { createBeginning } from './beginning.ts';
import { createPresenceServer } from './presence-server.ts';
import { createSipOutlet } from './sip-outlet.ts';

/** Milliseconds between two looks whether every process knows that this outlet is used. */
const BEGINNING = 1_000;

/** Starts what shows on the carrier's presence server (SIP) what subscribers play. */
export async function startSip(config: SipConfig, log: Log): Promise<Running> {
  const { stores, queues, queueRedis, close } = await openStores(config, 'wait', log);
  const metrics = createMetrics('sip');
  const server = createPresenceServer(config, log);
  const outlet = createSipOutlet({
    server,
    metrics,
    domain: config.place.domain,
    interval: config.publishInterval,
    now: Date.now,
  });
  await server.reach();
  const jobs: Record<QueueOf<'sip'>, Work> = {
    sip: createConverge(outlet, { stores, queues, log, now: Date.now }),
  };
  const workers = queuesOf('sip').map((queue) =>
    createQueueWorker(queueRedis, queue, log, puttingOff(stores.due, queue, jobs[queue]), () =>
      metrics.jobFailures.inc({ queue }),
    ),
  );
  const beginning = every(BEGINNING, log, createBeginning(stores, outlet.name, log, Date.now));
  const heartbeat = startHeartbeat(stores, { role: 'sip' }, metrics, log, () => {
    metrics.sipConnections.set(server.connections());
    const trouble = server.trouble();
    return { ready: trouble === undefined, missing: trouble === undefined ? [] : [trouble] };
  });

  return {
    async stop() {
      await heartbeat.stop();
      await beginning.stop();
      await Promise.all(workers.map((worker) => worker.close()));
      server.stop();
      await close();
    },
  };
}

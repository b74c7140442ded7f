import { setTimeout as sleep } from 'node:timers/promises';
import { createConverge } from '../outlet/converge.ts';
import type { SipConfig } from '../runtime/config/sip-config.ts';
import { every, type Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createMemoryWorker } from '../runtime/queue/memory-worker.ts';
import { type QueueOf, queuesOf } from '../runtime/queue/queue-table.ts';
import type { WokenWork } from '../runtime/queue/queues.ts';
import { askedBy } from '../store/due/asked.ts';
import { createWakeSource } from '../store/due/wakes.ts';
import { startHeartbeat } from '../store/heartbeat.ts';
import { openStores } from '../store/open.ts';
import { createBeginning } from './beginning.ts';
import { createDuty, type Duty, UNCERTAIN } from './duty.ts';
import { createPresenceServer } from './presence-server.ts';
import { createSipOutlet } from './sip-outlet.ts';

/** Milliseconds between two looks whether every process knows that this outlet is used. */
const BEGINNING = 1_000;
/** Milliseconds for which whoever stops this process waits for the presence server's answers. */
const GRACE = 2_000;

/** Starts what shows on the carrier's presence server (SIP) what subscribers play. */
export async function startSip(config: SipConfig, log: Log): Promise<Running> {
  const { stores, queues, place, listen, close } = await openStores(config, 'wait', log);
  const wakeRedis = await listen();
  const metrics = createMetrics('sip');
  const server = createPresenceServer(config, log, { mayAsk: () => duty.holds() });
  const outlet = createSipOutlet({
    server,
    metrics,
    domain: config.place.domain,
    interval: config.publishInterval,
    now: Date.now,
  });
  const jobs: Record<QueueOf<'sip'>, WokenWork> = {
    sip: createConverge(outlet, { stores, queues, log, now: Date.now }),
  };
  const asked = askedBy(stores, createWakeSource(wakeRedis, stores.keys, place.sharded), metrics, Date.now);
  const workers = queuesOf('sip').map((queue) =>
    createMemoryWorker(
      queue,
      log,
      asked(queue),
      onDuty(() => duty, jobs[queue]),
      () => metrics.jobFailures.inc({ queue }),
    ),
  );
  const duty = createDuty(stores, metrics.instance, log, (active) => {
    for (const worker of workers) active ? worker.open() : worker.shut();
    heartbeat.soon();
    if (active) void server.reach().then(() => heartbeat.soon());
  });
  const beginning = every(BEGINNING, log, createBeginning(stores, outlet.name, log, Date.now));
  const heartbeat = startHeartbeat(stores, { role: 'sip' }, metrics, log, () => {
    metrics.sipConnections.set(server.connections());
    // One that stands by asks it nothing, so what was wrong then need not be any more.
    const trouble = duty.isActive() ? server.trouble() : undefined;
    const ready = trouble === undefined;
    return { ready, missing: ready ? [] : [trouble], standby: !duty.isActive() };
  });

  return {
    async stop() {
      await heartbeat.stop();
      await beginning.stop();
      // What is not answered by then is given up, and still due.
      const done = Promise.all(workers.map((worker) => worker.close()));
      await Promise.race([done, sleep(GRACE)]);
      server.stop();
      await done;
      await duty.stop();
      await close();
      wakeRedis.destroy();
    },
  };
}

/** Whoever stood still may have been replaced without knowing. */
function onDuty(duty: () => Duty, work: WokenWork): WokenWork {
  return async (id, wake) => {
    if (!duty().holds()) return Date.now() + UNCERTAIN;
    return work(id, wake);
  };
}

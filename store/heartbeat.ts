import { randomUUID } from 'node:crypto';
import { every, type Repeated } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { STATUS_INTERVAL, type Status } from './base/status.ts';
import type { Stores } from './stores.ts';

/** Tells the others, every two seconds and `soon` after a change, that this process lives, what it waits for, and what it has measured. */
export function startHeartbeat(
  stores: Stores,
  role: string,
  metrics: Metrics,
  log: Log,
  status: () => Status,
): Repeated {
  const instance = randomUUID();
  const beat = every(STATUS_INTERVAL, log, async () => {
    await stores.statuses.report(role, status());
    await stores.statuses.reportMetrics(instance, await metrics.registry.getMetricsAsJSON(), Date.now());
  });
  return {
    soon: beat.soon,
    async stop() {
      await beat.stop();
      await stores.statuses.withdraw(role).catch((err: unknown) => log.warn({ err }, 'status not withdrawn'));
    },
  };
}

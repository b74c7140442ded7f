import { hostname } from 'node:os';
import { every, type Repeated } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { readVersion } from '../runtime/version.ts';
import { type ProcessStatus, STATUS_INTERVAL, type Status } from './process/status.ts';
import type { Stores } from './stores.ts';

/** Tells the others, every two seconds and `soon` after a change, that this process lives, what it waits for, and what it has measured. */
export function startHeartbeat(
  stores: Stores,
  self: Pick<ProcessStatus, 'role' | 'homeHost' | 'home' | 'homes' | 'settings'>,
  { instance, registry }: Metrics,
  log: Log,
  status: () => Status,
): Repeated {
  const known = { ...self, version: readVersion(), host: hostname(), started: Date.now() };
  const beat = every(STATUS_INTERVAL, log, async () => {
    await stores.statuses.report(instance, {
      ...{ ...known, outlets: stores.outletsUsed.names() },
      ...{ heard: Date.now(), ...status() },
    });
    await stores.statuses.reportMetrics(instance, await registry.getMetricsAsJSON(), Date.now());
  });
  return {
    soon: beat.soon,
    async stop() {
      await beat.stop();
      await stores.statuses.withdraw(instance).catch((err: unknown) => log.warn({ err }, 'status not withdrawn'));
    },
  };
}

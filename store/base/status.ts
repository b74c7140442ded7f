import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from './keys.ts';

/** Whether the component may set rosters and publish tunes (XEP-0356), or can only offer matches. */
export type Mode = 'privileged' | 'unprivileged';

/** What a process says of itself every two seconds. `missing`: what it waits for, for the operator to read. `mode`: the component's, once it is known. */
export type Status = { ready: boolean; missing: string[]; mode?: Mode };

export const STATUS_INTERVAL = 2_000;
/** A process that has not spoken for this many milliseconds is gone. */
const SILENCE = 7_000;

/** String `status:<role>`, with an expiry; hash `metrics` (process → its Prometheus metrics as JSON, and when). */
export function createStatuses(redis: Redis, keys: Keys) {
  return {
    async report(role: string, status: Status): Promise<void> {
      await redis.set(keys.status(role), JSON.stringify(status), { PX: SILENCE });
    },

    async withdraw(role: string): Promise<void> {
      await redis.del(keys.status(role));
    },

    async of(role: string): Promise<Status | undefined> {
      const json = await redis.get(keys.status(role));
      return json ? (JSON.parse(json) as Status) : undefined;
    },

    async reportMetrics(instance: string, metrics: unknown, now: number): Promise<void> {
      await redis.hSet(keys.metrics, instance, JSON.stringify({ now, metrics }));
    },

    /** The metrics of every process that still speaks; those of silent ones are dropped. */
    async metrics(now: number): Promise<unknown[]> {
      const fresh: unknown[] = [];
      for (const [instance, json] of Object.entries(await redis.hGetAll(keys.metrics))) {
        const report = JSON.parse(json) as { now: number; metrics: unknown };
        if (now - report.now < SILENCE) fresh.push(report.metrics);
        else await redis.hDel(keys.metrics, instance);
      }
      return fresh;
    },
  };
}

import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { readRecord } from '../base/record.ts';

/** Whether the component may set rosters and publish tunes (XEP-0356), or can only offer matches. */
export type Mode = 'privileged' | 'unprivileged';

/**
 * What a process says of itself every two seconds. `missing`: what it waits for, for the operator to read. `advice`: what the
 * operator has to do about that, or had better do; perhaps with lines of a configuration. `standby`: it waits for the end of another one. `mode`:
 * the component's, once it is known.
 */
export type Status = { ready: boolean; missing: string[]; advice?: string; standby?: boolean; mode?: Mode };

/** One process. `homeHost`: what it takes for EARSHOT_HOME_HOST, where it has to know. `home`, `homes`: of a component where there are several, the host of its own, and those of all with blanks between (empty where there is one). `host`: the machine's name. `settings`: those that others must have, too, by name; a secret by a name of it (`shared-settings`). `outlets`: those that it takes for used (`store/base/outlets-used`). `started`, `heard` (its last word): milliseconds since the epoch. */
export type ProcessStatus = Status & {
  role: string;
  homeHost?: string;
  home?: string;
  homes?: string;
  settings?: Record<string, string>;
  outlets?: string[];
  version: string;
  host: string;
  started: number;
  heard: number;
};

/** Milliseconds between two words of a process. */
export const STATUS_INTERVAL = 2_000;
/** A process that has not spoken for this many milliseconds is gone. */
const SILENCE = 7_000;

/**
 * Set `processes` (instances) and for each a string `status:<instance>` with an expiry; hash `metrics` (instance → its
 * Prometheus metrics as JSON, and when).
 */
export function createStatuses(redis: Redis, keys: Keys) {
  async function of(instance: string): Promise<ProcessStatus | undefined> {
    const json = await redis.get(keys.status(instance));
    return json ? readRecord<ProcessStatus>(json, 'the status of a process') : undefined;
  }

  return {
    async report(instance: string, status: ProcessStatus): Promise<void> {
      await Promise.all([
        redis.set(keys.status(instance), JSON.stringify(status), { PX: SILENCE }),
        redis.sAdd(keys.processes, instance),
      ]);
    },

    async withdraw(instance: string): Promise<void> {
      await Promise.all([
        redis.del(keys.status(instance)),
        redis.sRem(keys.processes, instance),
        redis.hDel(keys.metrics, instance),
      ]);
    },

    /** Every process that still speaks; those that are silent are dropped. */
    async all(): Promise<ProcessStatus[]> {
      const instances = await redis.sMembers(keys.processes);
      const found = await Promise.all(instances.map(of));
      const silent = instances.filter((_, i) => !found[i]);
      if (silent.length > 0) await redis.sRem(keys.processes, silent);
      return found.filter((status) => status !== undefined);
    },

    /** The active component of the home with that host; undefined when there is none. */
    async component(host: string): Promise<ProcessStatus | undefined> {
      const instance = await redis.hGet(keys.activeComponent(host), 'instance');
      return instance ? of(instance) : undefined;
    },

    async reportMetrics(instance: string, metrics: unknown, now: number): Promise<void> {
      await redis.hSet(keys.metrics, instance, JSON.stringify({ now, metrics }));
    },

    /** The metrics of every other process that still speaks; those of silent ones are dropped. */
    async metrics(instance: string, now: number): Promise<unknown[]> {
      const fresh: unknown[] = [];
      for (const [other, json] of Object.entries(await redis.hGetAll(keys.metrics))) {
        const report = readRecord<{ now: number; metrics: unknown }>(json, 'the metrics of a process');
        if (now - report.now >= SILENCE) await redis.hDel(keys.metrics, other);
        else if (other !== instance) fresh.push(report.metrics);
      }
      return fresh;
    },
  };
}

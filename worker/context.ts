import type { Policy } from '../domain/association.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { NumberKeys } from '../runtime/number-key.ts';
import type { Queues } from '../runtime/queues.ts';
import type { Stores } from '../store/stores.ts';

/** What the worker's jobs work with. `now`: milliseconds since the epoch. */
export type Context = {
  stores: Stores;
  queues: Queues;
  policy: Policy;
  numberKeys: NumberKeys;
  metrics: Metrics;
  log: Log;
  now: () => number;
};

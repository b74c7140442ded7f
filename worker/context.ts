import type { Policy } from '../domain/friendship/association.ts';
import type { WorkerConfig } from '../runtime/config/worker-config.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Queues } from '../runtime/queue/queues.ts';
import type { NumberKeyOf, NumberKeys } from '../runtime/secret/number-key.ts';
import type { Stores } from '../store/stores.ts';
import type { ReadLimits } from './carddav/calls.ts';
import type { DavReader } from './carddav/reader.ts';
import type { SourceSlots } from './source-slots.ts';

/** What jobs that read network address books work with, beside the worker's `Context`. */
export type SourceContext = Context & {
  config: Pick<WorkerConfig, 'secretsKey' | 'guessedNumbers' | 'sourceAllow' | 'sourceInterval'>;
  numberKeyOf: NumberKeyOf;
  reader: DavReader;
  slots: SourceSlots;
  limits: ReadLimits;
};

/** What the worker's jobs work with. `now`: milliseconds since the epoch. */
export type Context = {
  stores: Stores;
  queues: Queues;
  policy: Policy;
  numberKeys: NumberKeys;
  /** The key under which blocked numbers are kept. */
  secretsKey: Buffer;
  metrics: Metrics;
  log: Log;
  now: () => number;
};

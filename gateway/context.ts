import type { GatewayConfig } from '../runtime/config.ts';
import type { KeyedHash } from '../runtime/keyed-hash.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { NumberKeyOf, NumberKeys } from '../runtime/number-key.ts';
import type { Queues } from '../runtime/queues.ts';
import type { SubjectHashOf } from '../runtime/subject-hash.ts';
import type { EventSource } from '../store/events.ts';
import type { Stores } from '../store/stores.ts';

/** What the routes work with. `now`: milliseconds since the epoch. */
export type Context = {
  config: GatewayConfig;
  stores: Stores;
  queues: Queues;
  events: EventSource;
  /** Under the present key, as books are written. */
  numberKeyOf: NumberKeyOf;
  /** Under every key in use, as the directory is looked up. */
  numberKeys: NumberKeys;
  subjectHashOf: SubjectHashOf;
  /** Under the key of the secrets: numbers, codes and addresses in logins. */
  keyedHash: KeyedHash;
  metrics: Metrics;
  log: Log;
  now: () => number;
};

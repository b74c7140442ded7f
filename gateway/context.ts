import type { GatewayConfig } from '../runtime/config/config.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { NumberKeyOf } from '../runtime/number-key.ts';
import type { SubjectHashOf } from '../runtime/subject-hash.ts';
import type { ServiceContext } from '../service/context.ts';
import type { EventSource } from '../store/base/events.ts';

/** What the routes work with. */
export type Context = ServiceContext & {
  config: GatewayConfig;
  events: EventSource;
  /** Under the present key, as books are written. */
  numberKeyOf: NumberKeyOf;
  subjectHashOf: SubjectHashOf;
  metrics: Metrics;
  log: Log;
};

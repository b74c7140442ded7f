import type { GatewayConfig } from '../runtime/config/gateway-config.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { NumberKeyOf } from '../runtime/secret/number-key.ts';
import type { SubjectHashOf } from '../runtime/secret/subject-hash.ts';
import type { Tracing } from '../runtime/tracing.ts';
import type { ServiceContext } from '../service/context.ts';
import type { EventSource } from '../store/base/events.ts';
import type { Shutdown } from './connection/shutdown.ts';
import type { Census } from './metrics/census.ts';

/** What the routes work with. */
export type Context = ServiceContext & {
  config: GatewayConfig;
  events: EventSource;
  /** Under the present key, as books are written. */
  numberKeyOf: NumberKeyOf;
  subjectHashOf: SubjectHashOf;
  shutdown: Shutdown;
  metrics: Metrics;
  census: Census;
  log: Log;
  /** Left out while traces are off. */
  tracing?: Tracing | undefined;
};

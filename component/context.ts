import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Queues } from '../runtime/queue/queues.ts';
import type { Tracing } from '../runtime/tracing.ts';
import type { Stores } from '../store/stores.ts';
import type { XmppServer } from './server/server.ts';
import type { Echoes } from './stream/echoes.ts';

/** What the component's jobs work with, beside what the server lets them do. `now`: milliseconds since the epoch. */
export type Context = {
  stores: Stores;
  queues: Queues;
  echoes: Echoes;
  metrics: Metrics;
  log: Log;
  now: () => number;
  /** Left out while traces are off. */
  tracing?: Tracing | undefined;
  /** The host of the component's own home, where there are several. */
  home?: string;
};

/** The same with abilities of the server: `With<'nodes'>` is what a job gets that publishes. */
export type With<Name extends keyof XmppServer> = Context & Required<Pick<XmppServer, Name>>;

import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Queues } from '../runtime/queues.ts';
import type { Stores } from '../store/stores.ts';
import type { XmppServer } from './server/server.ts';
import type { Echoes } from './stream/echoes.ts';
import type { Stream } from './stream/stream.ts';

/** What the component's jobs work with, beside what the server lets them do. `now`: milliseconds since the epoch. */
export type Context = {
  stores: Stores;
  queues: Queues;
  stream: Stream;
  echoes: Echoes;
  metrics: Metrics;
  log: Log;
  now: () => number;
};

/** The same with abilities of the server: `With<'nodes'>` is what a job gets that publishes. */
export type With<Name extends keyof XmppServer> = Context & Required<Pick<XmppServer, Name>>;

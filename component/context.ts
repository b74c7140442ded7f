import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Queues } from '../runtime/queues.ts';
import type { Stores } from '../store/stores.ts';
import type { Meetings } from './presence/probe.ts';
import type { RosterWrites } from './server/roster-writes.ts';
import type { Echoes } from './stream/echoes.ts';
import type { Stream } from './stream/stream.ts';

/** What the component's jobs work with. `now`: milliseconds since the epoch. */
export type Context = {
  stores: Stores;
  queues: Queues;
  stream: Stream;
  rosterWrites: RosterWrites;
  meetings: Meetings;
  echoes: Echoes;
  metrics: Metrics;
  log: Log;
  now: () => number;
};

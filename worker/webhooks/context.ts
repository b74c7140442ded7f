import type { Agent } from 'undici';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Queues } from '../../runtime/queue/queues.ts';
import type { KeyedHash } from '../../runtime/secret/keyed-hash.ts';
import type { Stores } from '../../store/stores.ts';

/** What sends events works with. `patience`: milliseconds for an answer; `stopped` aborts when the worker ends; `draw`: a number from 0 to 1; `now`: milliseconds since the epoch. */
export type SinkContext = {
  stores: Stores;
  queues: Queues;
  agent: Agent;
  patience: number;
  secretsKey: Buffer;
  keyedHash: KeyedHash;
  metrics: Metrics;
  log: Log;
  stopped: AbortSignal;
  draw: () => number;
  now: () => number;
};

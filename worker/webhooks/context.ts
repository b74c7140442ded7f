import type { Agent } from 'undici';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Queues } from '../../runtime/queue/queues.ts';
import type { KeyedHash } from '../../runtime/secret/keyed-hash.ts';
import type { TellingContext } from '../../service/telling/context.ts';
import type { Walks } from '../../service/telling/walks.ts';

/** What sends events works with. `patience`: milliseconds for an answer; `draw`: a number from 0 to 1. */
export type SinkContext = TellingContext & {
  queues: Queues;
  agent: Agent;
  walks: Walks<string>;
  patience: number;
  secretsKey: Buffer;
  keyedHash: KeyedHash;
  metrics: Metrics;
  log: Log;
  draw: () => number;
};

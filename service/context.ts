import type { ServiceConfig } from '../runtime/config/service-config.ts';
import { elapsed } from '../runtime/elapsed.ts';
import type { Queues } from '../runtime/queue/queues.ts';
import { createKeyedHash, type KeyedHash } from '../runtime/secret/keyed-hash.ts';
import { createNumberKeys, type NumberKeys } from '../runtime/secret/number-key.ts';
import type { Stores } from '../store/stores.ts';

/** What every door works with, HTTP or XMPP. `now`: milliseconds since the epoch; `elapsed`: those that only go on, for how long ago something was. */
export type ServiceContext = {
  config: ServiceConfig;
  stores: Stores;
  queues: Queues;
  /** Under every key in use, as the directory is looked up. */
  numberKeys: NumberKeys;
  /** Under the key of the secrets: numbers, codes and addresses in logins. */
  keyedHash: KeyedHash;
  now: () => number;
  elapsed: () => number;
};

/** What the doors of one process work with. */
export function createServiceContext(
  config: ServiceConfig,
  { stores, queues }: Pick<ServiceContext, 'stores' | 'queues'>,
): ServiceContext {
  return {
    config,
    stores,
    queues,
    numberKeys: createNumberKeys(config.numberKey, config.numberKeyPrevious),
    keyedHash: createKeyedHash(config.secretsKey),
    now: Date.now,
    elapsed,
  };
}

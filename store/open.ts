import type { CommonConfig, KeyConfig } from '../runtime/config/config.ts';
import { findRedis } from '../runtime/find-redis.ts';
import type { Log } from '../runtime/log.ts';
import { connectQueueRedis, type QueueRedis } from '../runtime/queue-redis.ts';
import { createQueues, type Queues } from '../runtime/queues.ts';
import { connectRedis } from '../runtime/redis.ts';
import type { RedisPlace, WhenAway } from '../runtime/redis-options.ts';
import { createStores, type Stores } from './stores.ts';

/** What every process works on: the stores and the queues, each over a connection of its own. `place`: for further ones. */
export type Opened = {
  stores: Stores;
  queues: Queues;
  queueRedis: QueueRedis;
  place: RedisPlace;
  close(): Promise<void>;
};

/** Connects, for as long as it takes. `patience`: as `connectRedis`. @throws Fault UNAVAILABLE when this Redis would lose data. */
export async function openStores(
  config: CommonConfig & KeyConfig,
  whenAway: WhenAway,
  log: Log,
  patience?: number,
): Promise<Opened> {
  const place = await findRedis(config.redisUrls, log);
  const [redis, queueRedis] = await Promise.all([
    connectRedis(place, whenAway, log, patience),
    connectQueueRedis(place, config.redisPrefix, whenAway, log, patience),
  ]);
  const stores = createStores(redis, config.redisPrefix, config.secretsKey, config.numberBudget);
  const queues = createQueues(queueRedis, config.redisPrefix, log, stores.wakes.tell);
  return {
    stores,
    queues,
    queueRedis,
    place,
    async close() {
      await queues.close();
      redis.destroy();
      queueRedis.close();
    },
  };
}

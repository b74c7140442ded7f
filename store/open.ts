import type { CommonConfig } from '../runtime/config/common-config.ts';
import type { KeyConfig } from '../runtime/config/key-config.ts';
import { every } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { connectQueueRedis, type QueueRedis } from '../runtime/queue/queue-redis.ts';
import { createQueues, type Queues } from '../runtime/queue/queues.ts';
import { findRedis } from '../runtime/redis/find-redis.ts';
import type { Listening } from '../runtime/redis/listening.ts';
import { connectEvents, connectRedis } from '../runtime/redis/redis.ts';
import type { RedisPlace, WhenAway } from '../runtime/redis/redis-options.ts';
import { requireAgreement } from './agreement.ts';
import { LOOK_INTERVAL } from './base/outlets-used.ts';
import { createStores, type Stores } from './stores.ts';

/** What every process works on: the stores and the queues, each over a connection of its own, at `place`. `listen`: a further one, for subscriptions alone. */
export type Opened = {
  stores: Stores;
  queues: Queues;
  queueRedis: QueueRedis;
  place: RedisPlace;
  listen(): Promise<Listening>;
  close(): Promise<void>;
};

/** Connects, for as long as it takes. `patience`: as `connectRedis`. @throws Fault UNAVAILABLE when this Redis would lose data, FAILED_PRECONDITION when its data were made with other keys. */
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
  const stores = createStores(redis, config.redisPrefix, config.secretsKey, config.numberBudget, config.hosts);
  await requireAgreement(redis, stores.keys, config, log);
  stores.outletsUsed.follow();
  const looking = every(LOOK_INTERVAL, log, stores.outletsUsed.look);
  const queues = createQueues(queueRedis, log, stores.wakes.tell, stores.outletsUsed.isUsed);
  return {
    stores,
    queues,
    queueRedis,
    place,
    listen: () => connectEvents(place, log, redis),
    async close() {
      looking.stop().catch(() => {});
      await queues.close();
      redis.destroy();
      queueRedis.close();
    },
  };
}

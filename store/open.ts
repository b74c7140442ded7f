import { setTimeout as sleep } from 'node:timers/promises';
import type { CommonConfig } from '../runtime/config.ts';
import type { Log } from '../runtime/log.ts';
import { createQueues, type Queues } from '../runtime/queues.ts';
import { checkRedis, createRedis, isRedisAway, type Redis, type WhenAway } from '../runtime/redis.ts';
import { createStores, type Stores } from './stores.ts';

/** What every process works on: the stores and the queues, each over a connection of its own. */
export type Opened = { stores: Stores; queues: Queues; queueRedis: Redis; close(): Promise<void> };

/** Milliseconds between two looks at a Redis that is still loading its data. */
const PATIENCE = 200;

/** Connects, for as long as it takes. @throws Fault UNAVAILABLE when this Redis would lose data. */
export async function openStores(config: CommonConfig, whenAway: WhenAway, log: Log): Promise<Opened> {
  const redis = createRedis(config.redisUrl, whenAway, log);
  const queueRedis = createRedis(config.redisUrl, whenAway, log);
  await Promise.all([redis.connect(), queueRedis.connect()]);
  await checkWhenLoaded(redis);
  const queues = createQueues(queueRedis, config.redisPrefix, log);
  return {
    stores: createStores(redis, config.redisPrefix),
    queues,
    queueRedis,
    async close() {
      await queues.close();
      redis.destroy();
      queueRedis.destroy();
    },
  };
}

async function checkWhenLoaded(redis: Redis): Promise<void> {
  for (;;) {
    try {
      return await checkRedis(redis);
    } catch (err) {
      if (!isRedisAway(err)) throw err;
      await sleep(PATIENCE);
    }
  }
}

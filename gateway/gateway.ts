import type { AddressInfo } from 'node:net';
import type { GatewayConfig } from '../runtime/config.ts';
import type { Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createNumberKey } from '../runtime/number-key.ts';
import { createQueues } from '../runtime/queues.ts';
import { checkRedis, createRedis, createRedisPool } from '../runtime/redis.ts';
import { createEventSource } from '../store/events.ts';
import { createStores } from '../store/stores.ts';
import { buildServer } from './server.ts';

/** Starts the HTTP API. */
export async function startGateway(config: GatewayConfig, log: Log): Promise<Running> {
  const redis = createRedis(config.redisUrl, 'fail-fast', log);
  const queueRedis = createRedis(config.redisUrl, 'fail-fast', log);
  const eventRedis = createRedis(config.redisUrl, 'wait', log);
  const pool = createRedisPool(config.redisUrl, log);
  await Promise.all([redis.connect(), queueRedis.connect(), eventRedis.connect(), pool.connect()]);
  await checkRedis(redis);
  const stores = createStores(redis, config.redisPrefix, pool);
  const queues = createQueues(queueRedis, config.redisPrefix, log);
  const app = await buildServer({
    config,
    stores,
    queues,
    events: createEventSource(eventRedis, stores.keys),
    numberKeyOf: createNumberKey(config.numberKey),
    metrics: createMetrics('gateway'),
    log,
    now: Date.now,
  });
  await app.listen({ host: config.host, port: config.port });
  log.info({ port: (app.server.address() as AddressInfo).port }, 'listening');

  return {
    async stop() {
      await app.close();
      await queues.close();
      for (const client of [redis, queueRedis, eventRedis, pool]) client.destroy();
    },
  };
}

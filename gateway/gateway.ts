import type { AddressInfo } from 'node:net';
import type { GatewayConfig } from '../runtime/config.ts';
import { createKeyedHash } from '../runtime/keyed-hash.ts';
import type { Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createNumberKey } from '../runtime/number-key.ts';
import { createRedis } from '../runtime/redis.ts';
import { createEventSource } from '../store/events.ts';
import { openStores } from '../store/open.ts';
import { buildServer } from './server.ts';

/** Starts the HTTP API. */
export async function startGateway(config: GatewayConfig, log: Log): Promise<Running> {
  const eventRedis = createRedis(config.redisUrl, 'wait', log);
  await eventRedis.connect();
  const { stores, queues, close } = await openStores(config, 'fail-fast', log);
  const app = await buildServer({
    config,
    stores,
    queues,
    events: createEventSource(eventRedis, stores.keys),
    numberKeyOf: createNumberKey(config.numberKey),
    keyedHash: createKeyedHash(config.secretsKey),
    metrics: createMetrics('gateway'),
    log,
    now: Date.now,
  });
  await app.listen({ host: config.host, port: config.port });
  log.info({ port: (app.server.address() as AddressInfo).port }, 'listening');

  return {
    async stop() {
      await app.close();
      await close();
      eventRedis.destroy();
    },
  };
}

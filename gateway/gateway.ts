import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { GatewayConfig } from '../runtime/config/config.ts';
import type { Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createNumberKey } from '../runtime/number-key.ts';
import { connectEvents } from '../runtime/redis.ts';
import { createSubjectHash } from '../runtime/subject-hash.ts';
import { createServiceContext } from '../service/context.ts';
import { createEventSource } from '../store/base/events.ts';
import { openStores } from '../store/open.ts';
import type { Context } from './context.ts';
import { followTls, readTls } from './http/tls.ts';
import { listenForMetrics } from './metrics/metrics-listener.ts';
import { buildServer } from './server.ts';

/** Starts the HTTP API. */
export async function startGateway(config: GatewayConfig, log: Log): Promise<Running> {
  const { stores, queues, place, close } = await openStores(config, 'fail-fast', log, config.redisPatience);
  const eventRedis = await connectEvents(place, log);
  const tls = config.edge.tls && (await readTls(config.edge.tls));
  const context: Context = {
    ...createServiceContext(config, { stores, queues }),
    config,
    events: createEventSource(eventRedis, stores.keys),
    numberKeyOf: createNumberKey(config.numberKey),
    subjectHashOf: createSubjectHash(config.numberKey),
    metrics: createMetrics('gateway'),
    log,
  };
  const app = await buildServer(context, tls);
  const listener = config.edge.metrics && (await listenForMetrics(context, config.edge.metrics));
  await app.listen({ host: config.host, port: config.port });
  log.info({ port: (app.server.address() as AddressInfo).port, tls: tls !== undefined }, 'listening');
  const following = tls && config.edge.tls && followTls(app.server as Server, config.edge.tls, tls, log);

  return {
    async stop() {
      await following?.stop();
      listener?.closeAllConnections();
      listener?.close();
      await app.close();
      await close();
      eventRedis.destroy();
    },
  };
}

import { lookup } from 'node:dns/promises';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { GatewayConfig } from '../runtime/config/gateway-config.ts';
import { elapsed } from '../runtime/elapsed.ts';
import type { Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createNumberKey } from '../runtime/secret/number-key.ts';
import { createSubjectHash } from '../runtime/secret/subject-hash.ts';
import type { Tracing } from '../runtime/tracing.ts';
import { createServiceContext } from '../service/context.ts';
import { createEventSource } from '../store/base/events.ts';
import { startHeartbeat } from '../store/heartbeat.ts';
import { openStores } from '../store/open.ts';
import { settingsOfService } from '../store/process/shared-settings.ts';
import { STOPPING, shutDown } from './connection/shutdown.ts';
import { followTls, readTls } from './connection/tls.ts';
import type { Context } from './context.ts';
import { createCensus } from './metrics/census.ts';
import { listenForMetrics } from './metrics/metrics-listener.ts';
import { buildServer } from './server.ts';

/** Starts the HTTP API. */
export async function startGateway(config: GatewayConfig, log: Log, tracing?: Tracing): Promise<Running> {
  const { stores, queues, place, listen, close } = await openStores(config, 'fail-fast', log, config.redisPatience);
  const eventRedis = await listen();
  const tls = config.edge.tls && (await readTls(config.edge.tls));
  const context: Context = {
    ...createServiceContext(config, { stores, queues }),
    config,
    events: createEventSource(eventRedis, stores.keys, place.sharded),
    numberKeyOf: createNumberKey(config.numberKey),
    subjectHashOf: createSubjectHash(config.numberKey),
    shutdown: { announced: false, refuses: false },
    metrics: createMetrics('gateway'),
    census: createCensus(stores.roll, log, elapsed),
    log,
    tracing,
  };
  const app = await buildServer(context, tls);
  const listener = config.edge.metrics && (await listenForMetrics(context, config.edge.metrics));
  // Of a name with several addresses one: for each other one Fastify would open a server that is not ours, without its limits.
  const { address } = await lookup(config.host);
  await app.listen({ host: address, port: config.port });
  log.info({ port: (app.server.address() as AddressInfo).port, tls: tls !== undefined }, 'listening');
  const self = { role: 'gateway', homeHost: config.homeHost, settings: settingsOfService(config) };
  const heartbeat = startHeartbeat(stores, self, context.metrics, log, () =>
    context.shutdown.announced ? { ready: false, missing: [STOPPING] } : { ready: true, missing: [] },
  );
  const following = tls && config.edge.tls && followTls(app.server as Server, config.edge.tls, tls, log);

  return {
    async stop() {
      await following?.stop();
      const ended = shutDown(app, context.shutdown, config.drain);
      heartbeat.soon();
      await ended;
      listener?.closeAllConnections();
      listener?.close();
      await heartbeat.stop();
      await close();
      eventRedis.destroy();
      await tracing?.stop();
    },
  };
}

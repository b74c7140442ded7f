import { createServer, type Server } from 'node:http';
import type { ListenPlace } from '../../runtime/config/edge-config.ts';
import type { Context } from '../context.ts';
import { allMetrics } from './all-metrics.ts';

/** Serves `GET /metrics`, and nothing else, without a credential: where it listens only the operator's own machines get (EARSHOT_METRICS_LISTEN). */
export async function listenForMetrics(context: Context, { host, port }: ListenPlace): Promise<Server> {
  const server = createServer(async ({ method, url }, response) => {
    if (method !== 'GET' || url !== '/metrics') return response.writeHead(404).end();
    try {
      const { contentType, text } = await allMetrics(context);
      response.writeHead(200, { 'content-type': contentType }).end(text);
    } catch (err) {
      context.log.warn({ err }, 'metrics cannot be read');
      response.writeHead(503, { 'retry-after': '2' }).end();
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return server;
}

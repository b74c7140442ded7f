import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../../runtime/metrics.ts';

const HEADER = 'x-correlator';
const SHAPE = /^[\w.:-]{1,128}$/;

/** The caller's correlation id when it can stand in a log line, else one of our own. */
export function correlatorOf(request: IncomingMessage): string {
  const sent = request.headers[HEADER];
  return typeof sent === 'string' && SHAPE.test(sent) ? sent : randomUUID();
}

/** Echoes the correlation id, and logs and measures each request by its route: a URL may hold what a log must not. */
export function accountForRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header(HEADER, request.id);
  });
  app.addHook('onResponse', async (request, reply) => account(request, reply, metrics));
}

/** To be called by a route whose answer goes on for hours, when it begins. */
export function account(request: FastifyRequest, reply: FastifyReply, metrics: Metrics): void {
  const { method, id: correlator } = request;
  const route = request.routeOptions.url ?? 'none';
  const status = reply.statusCode;
  metrics.requests.observe({ method, route, status }, reply.elapsedTime / 1000);
  request.log.debug({ correlator, method, route, status, ms: Math.round(reply.elapsedTime) }, 'request');
}

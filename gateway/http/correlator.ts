import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Cause } from '../../runtime/cause.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Span, Tracing } from '../../runtime/tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The call, where it is traced. */
    span: Span | undefined;
  }
}

const HEADER = 'x-correlator';
/** What CAMARA allows in the header (Commonalities, `XCorrelator`). */
const ALLOWED = /^[\w:;./<>{}-]{1,256}$/;
/** RFC 9562, section 4: of a version and the variant that it has. */
const UUID = /^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;

/** By which logs, traces and the audit trail know the call: the caller's own id when it is a UUID, else one of ours, as any other text may be a number or a token. */
export function correlatorOf({ headers }: IncomingMessage): string {
  const sent = headers[HEADER];
  return typeof sent === 'string' && UUID.test(sent) ? sent : randomUUID();
}

/** What the caller sent goes back to it as it was sent, as CAMARA asks; it goes nowhere else. */
export function echoCorrelator({ headers, id }: FastifyRequest, reply: FastifyReply): void {
  const sent = headers[HEADER];
  reply.header(HEADER, typeof sent === 'string' && ALLOWED.test(sent) ? sent : id);
}

/** For what is done because of this call. */
export function causeOf({ id: correlator, span }: FastifyRequest): Cause {
  return { correlator, trace: span?.place };
}

/** Echoes the correlation id, and logs, measures and traces each request by its route: a URL may hold what a log must not. */
export function accountForRequests(app: FastifyInstance, metrics: Metrics, tracing: Tracing | undefined): void {
  app.decorateRequest('span', undefined);
  app.addHook('onRequest', async (request, reply) => {
    echoCorrelator(request, reply);
    if (tracing && !asksHowItIs(request)) request.span = beginSpan(tracing, request);
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
  request.span?.end({ failed: status >= 500, attributes: { 'http.response.status_code': status } });
}

/** As OpenTelemetry names what it says of a server's call. */
function beginSpan(tracing: Tracing, { id, method, routeOptions, headers }: FastifyRequest): Span | undefined {
  const route = routeOptions.url ?? 'none';
  const { traceparent } = headers;
  return tracing.begin(`${method} ${route}`, typeof traceparent === 'string' ? traceparent : undefined, {
    'http.request.method': method,
    'http.route': route,
    'earshot.correlator': id,
  });
}

/** Probes and metrics: they come every few seconds. */
function asksHowItIs({ method, routeOptions: { url = '' } }: FastifyRequest): boolean {
  return method === 'GET' && /^\/(?:livez|readyz|metrics)\b/.test(url);
}

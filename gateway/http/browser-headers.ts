import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import type { EdgeConfig } from '../../runtime/config/edge-config.ts';

/** What the page at /docs needs: its own scripts, styles and pictures. Swagger UI writes styles into its elements. */
export const DOCS_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What the friends page needs: its own script and style, and friends' pictures, which it fetches. Nothing of another origin. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** What OWASP's REST cheat sheet asks of an API. Set by hand: @fastify/helmet does the same for an eighth of a tune's whole cost (55 µs). */
const API_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Fields that such a page may send, and (`SHOWN`) read. docs/promises.md names them. */
export const SENT = [
  'authorization',
  'content-encoding',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'traceparent',
  'x-correlator',
];
export const SHOWN = [
  'allow',
  'content-disposition',
  'etag',
  'idempotency-replayed',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
  'x-correlator',
];

/** What browsers are told: no answer is a page, nothing frames it, and which other origins' pages may read it. */
export async function tellBrowsers(app: FastifyInstance, { tls, corsOrigins }: EdgeConfig): Promise<void> {
  // A promise for a year, which plain HTTP could not keep.
  const headers = tls ? { ...API_HEADERS, 'strict-transport-security': 'max-age=31536000' } : API_HEADERS;
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers);
  });
  if (corsOrigins.length === 0) return;
  // What is no preflight the plugin would refuse in plain text.
  app.addHook('onRequest', async ({ method, headers }) => {
    if (method === 'OPTIONS' && !(headers.origin && headers['access-control-request-method']))
      throw new Fault('INVALID_ARGUMENT', 'A preflight carries Origin and Access-Control-Request-Method.');
  });
  await app.register(cors, {
    origin: corsOrigins,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: SENT,
    exposedHeaders: SHOWN,
    maxAge: 3600,
  });
}

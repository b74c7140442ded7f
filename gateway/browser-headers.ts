import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import type { EdgeConfig } from '../runtime/edge-config.ts';

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

const SENT = ['authorization', 'content-encoding', 'content-type', 'idempotency-key', 'if-match', 'x-correlator'];
const SHOWN = [
  'etag',
  'idempotency-replayed',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
  'x-correlator',
];

/** What browsers are told: no answer is a page, nothing frames it, and which other origins' pages may read it. */
export async function tellBrowsers(app: FastifyInstance, { tls, corsOrigins }: EdgeConfig): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
    },
    // A promise for a year, which plain HTTP could not keep.
    strictTransportSecurity: tls !== undefined,
    xFrameOptions: { action: 'deny' },
  });
  if (corsOrigins.length === 0) return;
  await app.register(cors, {
    origin: corsOrigins,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: SENT,
    exposedHeaders: SHOWN,
    maxAge: 3600,
  });
}

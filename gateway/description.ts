import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { readVersion } from '../runtime/version.ts';
import { DOCS_POLICY } from './http/browser-headers.ts';

/** Has Fastify describe every route that comes after this (OpenAPI 3.1). */
export async function describe(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Earshot',
        version: readVersion(),
        description:
          'What the friends in a phone’s address book are playing right now. Errors are RFC 9457 problem details with a `code`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'A carrier’s API key with the scope, or the operator’s',
          },
          accessToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description:
              'An OAuth 2.0 access token (RFC 9068) with the scope, of a client that the operator has registered',
          },
          subscriber: { type: 'http', scheme: 'bearer', description: 'A subscriber’s token, for its own resources' },
        },
      },
    },
  });
}

/** The description itself, at `/openapi.json`, and a page to read it, at `/docs`. */
export async function showDescription(open: FastifyInstance): Promise<void> {
  await open.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_POLICY });
  let description = Buffer.alloc(0);
  // To make it takes long, so nobody's request does.
  open.addHook('onReady', async () => {
    description = Buffer.from(JSON.stringify(open.swagger()));
  });
  open.get('/openapi.json', { schema: { hide: true } }, async (_, reply) =>
    reply.type('application/json; charset=utf-8').send(description),
  );
}

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { readVersion } from '../../runtime/version.ts';
import { DOCS_POLICY } from '../http/browser-headers.ts';
import { completed } from './completed.ts';
import { type Described, rememberRoutes } from './described.ts';
import { securitySchemes } from './security.ts';
import { TAGS } from './tags.ts';

/** Has Fastify describe every route that comes after this (OpenAPI 3.1). */
export async function describe(app: FastifyInstance): Promise<void> {
  const routes = rememberRoutes(app);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Earshot',
        version: readVersion(),
        description:
          'What the friends in a phone’s address book are playing right now. Errors are RFC 9457 problem details with a `code`. How to begin, and what is promised, is in docs/integrating.md.',
        contact: { name: 'The operator of this gateway' },
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      // An absolute path: the gateway that shows this document.
      servers: [{ url: '/', description: 'This gateway' }],
      tags: TAGS,
      components: { securitySchemes },
    },
    transformObject: (made) => {
      if (!('openapiObject' in made)) return made.swaggerObject;
      return completed(made.openapiObject as unknown as Described, routes) as unknown as typeof made.openapiObject;
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

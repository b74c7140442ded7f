import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import fastify, { type FastifyInstance, LogController } from 'fastify';
import { readVersion } from '../runtime/version.ts';
import { authenticate } from './auth.ts';
import type { Context } from './context.ts';
import { accountForRequests, correlatorOf } from './correlator.ts';
import { honourIdempotencyKeys } from './idempotent.ts';
import { acceptJson } from './json-body.ts';
import { answerProblems } from './problem.ts';
import { addressBookRoutes } from './routes/address-book.ts';
import { addressBookChangesRoutes } from './routes/address-book-changes.ts';
import { friendRoutes } from './routes/friends.ts';
import { importRoutes } from './routes/imports.ts';
import { nowPlayingRoutes } from './routes/now-playing.ts';
import { operationRoutes } from './routes/operations.ts';
import { privacyRoutes } from './routes/privacy.ts';
import { subscriberRoutes } from './routes/subscribers.ts';
import { tokenRoutes } from './routes/tokens.ts';

/** Bytes of an ordinary body. */
const BODY_LIMIT = 64 * 1024;
/** Milliseconds in which a request must have arrived; a large book over a slow network takes its time. */
const REQUEST_TIMEOUT = 300_000;

/** Builds the HTTP API; whoever calls decides where it listens. */
export async function buildServer(context: Context): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: context.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: correlatorOf,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    forceCloseConnections: true,
    return503OnClosing: true,
  }).withTypeProvider<TypeBoxTypeProvider>();
  const closing = new AbortController();
  app.addHook('preClose', async () => closing.abort());
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  answerProblems(app as unknown as FastifyInstance);
  accountForRequests(app as unknown as FastifyInstance, context.metrics);
  acceptJson(app as unknown as FastifyInstance);
  await describe(app as unknown as FastifyInstance);
  await app.register(operationRoutes(context));
  await app.register(
    async (v1) => {
      authenticate(v1, context.stores, context.config.operatorKey);
      honourIdempotencyKeys(v1, context.stores);
      await v1.register(subscriberRoutes(context));
      await v1.register(importRoutes(context));
      await v1.register(tokenRoutes(context));
      await v1.register(addressBookRoutes(context));
      await v1.register(addressBookChangesRoutes(context));
      await v1.register(nowPlayingRoutes(context));
      await v1.register(privacyRoutes(context));
      await v1.register(friendRoutes(context, closing.signal));
    },
    { prefix: '/v1' },
  );
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  return app as unknown as FastifyInstance;
}

async function describe(app: FastifyInstance): Promise<void> {
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
          bearer: { type: 'http', scheme: 'bearer', description: 'An operator key, or a subscriber’s token' },
        },
      },
      security: [{ bearer: [] }],
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
}

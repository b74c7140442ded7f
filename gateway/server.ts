import type { IncomingMessage } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import fastify, { type FastifyInstance, LogController } from 'fastify';
import { readVersion } from '../runtime/version.ts';
import { keepAudit } from './access/audit.ts';
import { authenticate } from './access/auth.ts';
import { honourIdempotencyKeys } from './access/idempotent.ts';
import { createIdentify } from './access/identify.ts';
import { createLimit } from './access/limits.ts';
import type { Context } from './context.ts';
import { acceptInTurns } from './http/accept-in-turns.ts';
import { DOCS_POLICY, tellBrowsers } from './http/browser-headers.ts';
import { honourConditions } from './http/conditions.ts';
import { connectionOptions, cutOffSlowAndLong, httpOptions } from './http/connections.ts';
import { accountForRequests, correlatorOf } from './http/correlator.ts';
import { acceptGzip } from './http/gzip-body.ts';
import { acceptJson } from './http/json-body.ts';
import { limitLongCalls } from './http/long-calls.ts';
import { answerProblems, answerRouterError } from './http/problem.ts';
import { openPlayerDoors } from './players/doors.ts';
import { tidyPath } from './players/tidy-path.ts';
import { quicksyRoutes } from './quicksy/routes.ts';
import { accountPasswordRoutes } from './routes/account-password.ts';
import { addressBookRoutes } from './routes/address-book.ts';
import { addressBookChangesRoutes } from './routes/address-book-changes.ts';
import { applicationPasswordRoutes } from './routes/application-passwords.ts';
import { assertionRoutes } from './routes/assertions.ts';
import { auditRoutes } from './routes/audit.ts';
import { credentialRoutes } from './routes/credentials.ts';
import { exportRoutes } from './routes/export.ts';
import { friendRoutes } from './routes/friends.ts';
import { importRoutes } from './routes/imports.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { nowPlayingRoutes } from './routes/now-playing.ts';
import { numberRoutes } from './routes/numbers.ts';
import { operationRoutes } from './routes/operations.ts';
import { outboxRoutes } from './routes/outbox.ts';
import { pageRoutes } from './routes/page.ts';
import { pictureRoutes } from './routes/pictures.ts';
import { popularRoutes } from './routes/popular.ts';
import { privacyRoutes } from './routes/privacy.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';
import { sourceRoutes } from './routes/sources.ts';
import { subscriberRoutes } from './routes/subscribers.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { verificationRoutes } from './routes/verification.ts';

/** Builds the HTTP API; whoever calls decides where it listens. With `tls` it speaks HTTPS. */
export async function buildServer(context: Context, tls?: SecureContextOptions): Promise<FastifyInstance> {
  const { edge } = context.config;
  const app = fastify({
    ...(tls ? { https: { ...tls, ...httpOptions } } : { http: httpOptions }),
    ...connectionOptions,
    frameworkErrors: answerRouterError,
    trustProxy: edge.trustedProxies.length > 0 ? edge.trustedProxies : false,
    loggerInstance: context.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: correlatorOf,
    ...(context.config.players === 'on' ? { rewriteUrl: ({ url = '/' }: IncomingMessage) => tidyPath(url) } : {}),
    forceCloseConnections: true,
    return503OnClosing: true,
  }).withTypeProvider<TypeBoxTypeProvider>();
  acceptInTurns(app.server);
  const closing = new AbortController();
  app.addHook('preClose', async () => closing.abort());
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  answerProblems(app as unknown as FastifyInstance);
  accountForRequests(app as unknown as FastifyInstance, context.metrics);
  acceptJson(app as unknown as FastifyInstance);
  cutOffSlowAndLong(app as unknown as FastifyInstance);
  const limit = createLimit(context);
  const identify = createIdentify(context);
  // Before the rules for browsers: players' doors have their own.
  if (context.config.players === 'on') await app.register(openPlayerDoors(context, limit));
  if (context.config.quicksy === 'on') await app.register(quicksyRoutes(context, limit));
  await tellBrowsers(app as unknown as FastifyInstance, edge);
  await describe(app as unknown as FastifyInstance);
  await app.register(async (open) => {
    open.addHook('onRequest', limit);
    await open.register(operationRoutes(context));
    if (context.config.page.on) await open.register(pageRoutes(context));
    await open.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_POLICY });
    let description = '';
    // To make it takes long, so nobody's request does.
    open.addHook('onReady', async () => {
      description = JSON.stringify(app.swagger());
    });
    open.get('/openapi.json', { schema: { hide: true } }, async (_, reply) =>
      reply.type('application/json; charset=utf-8').send(description),
    );
  });
  await app.register(async (guarded) => {
    authenticate(guarded, identify, limit);
    await guarded.register(metricsRoutes(context));
  });
  await app.register(
    async (v1) => {
      authenticate(v1, identify, limit);
      limitLongCalls(v1);
      acceptGzip(v1);
      honourIdempotencyKeys(v1, context);
      honourConditions(v1);
      keepAudit(v1, context);
      await v1.register(subscriberRoutes(context));
      await v1.register(numberRoutes(context));
      await v1.register(credentialRoutes(context));
      await v1.register(auditRoutes(context));
      await v1.register(importRoutes(context));
      await v1.register(reconciliationRoutes(context));
      await v1.register(tokenRoutes(context));
      await v1.register(accountPasswordRoutes(context));
      await v1.register(outboxRoutes(context));
      if (context.config.players === 'on') await v1.register(applicationPasswordRoutes(context));
      await v1.register(exportRoutes(context));
      await v1.register(addressBookRoutes(context));
      await v1.register(addressBookChangesRoutes(context));
      await v1.register(sourceRoutes(context));
      await v1.register(nowPlayingRoutes(context));
      await v1.register(privacyRoutes(context));
      await v1.register(friendRoutes(context, closing.signal));
      await v1.register(pictureRoutes(context));
      await v1.register(popularRoutes(context));
    },
    { prefix: '/v1' },
  );
  await app.register(
    async (login) => {
      login.decorateRequest('caller', undefined);
      login.addHook('onRequest', limit);
      acceptGzip(login);
      honourIdempotencyKeys(login, context);
      honourConditions(login);
      keepAudit(login, context);
      await login.register(verificationRoutes(context));
      await login.register(assertionRoutes(context));
    },
    { prefix: '/v1' },
  );
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

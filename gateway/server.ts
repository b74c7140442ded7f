import type { IncomingMessage } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyInstance, LogController } from 'fastify';
import { authenticate } from './access/auth.ts';
import { createIdentify } from './access/identify.ts';
import { createLimit } from './access/limits.ts';
import { networkOf, rememberAddresses } from './access/network.ts';
import { apiRoutes, loginRoutes } from './api.ts';
import { acceptJson } from './body/json-body.ts';
import { acceptInTurns } from './connection/accept-in-turns.ts';
import { connectionOptions, cutOffSlowAndLong, httpOptions, refuseTunnels } from './connection/connections.ts';
import { shareBodyRoom } from './connection/large-bodies.ts';
import { formLine } from './connection/line.ts';
import { refuseOverload } from './connection/load.ts';
import { takeOneAtATime } from './connection/one-at-a-time.ts';
import { obeyShutdown } from './connection/shutdown.ts';
import { followLongCalls } from './connection/under-way.ts';
import type { Context } from './context.ts';
import { describe, showDescription } from './description/description.ts';
import { tellBrowsers } from './http/browser-headers.ts';
import { accountForRequests, correlatorOf } from './http/correlator.ts';
import { refuseExpectations } from './http/expectations.ts';
import { requireOneHost } from './http/one-host.ts';
import { answerOtherMethods } from './http/other-methods.ts';
import { answerProblems, answerRouterError } from './http/problem.ts';
import { nameQuery } from './http/query-method.ts';
import { validatorOf } from './http/schema-check.ts';
import { createGivingWay } from './imports/giving-way.ts';
import { openPlayerDoors } from './players/doors.ts';
import { tidyPath } from './players/tidy-path.ts';
import { quicksyRoutes } from './quicksy/routes.ts';
import { fleetRoutes } from './routes/fleet.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { operationRoutes } from './routes/operations.ts';
import { pageRoutes } from './routes/page.ts';

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
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  }).withTypeProvider<TypeBoxTypeProvider>();
  acceptInTurns(app.server);
  const line = formLine(app as unknown as FastifyInstance);
  takeOneAtATime(app.server);
  refuseTunnels(app.server);
  nameQuery(app.server);
  rememberAddresses(app.server);
  const closing = new AbortController();
  app.addHook('preClose', async () => closing.abort());
  app.setValidatorCompiler(validatorOf as never);
  answerProblems(app as unknown as FastifyInstance);
  accountForRequests(app as unknown as FastifyInstance, context.metrics, context.tracing);
  acceptJson(app as unknown as FastifyInstance);
  obeyShutdown(app as unknown as FastifyInstance, context.shutdown);
  requireOneHost(app as unknown as FastifyInstance);
  refuseExpectations(app as unknown as FastifyInstance);
  cutOffSlowAndLong(app as unknown as FastifyInstance);
  followLongCalls(app as unknown as FastifyInstance);
  refuseOverload(app as unknown as FastifyInstance, line, context.stores.roll.pages, context.metrics);
  shareBodyRoom(app as unknown as FastifyInstance, context.metrics, networkOf);
  const givingWay = createGivingWay();
  app.addHook('onRequest', async ({ method, routeOptions: { url = '' } }) => {
    // Not by whoever asks how this process is.
    const counts = method !== 'GET' || url.startsWith('/v1/');
    if (counts && url !== '/v1/imports') givingWay.noteCall();
  });
  const limit = createLimit(context);
  const identify = createIdentify(context);
  // Before the rules for browsers: players' doors have their own.
  if (context.config.players === 'on') await app.register(openPlayerDoors(context, limit));
  if (context.config.quicksy === 'on') await app.register(quicksyRoutes(context, limit));
  await tellBrowsers(app as unknown as FastifyInstance, edge);
  await describe(app as unknown as FastifyInstance);
  const otherMethods = answerOtherMethods(app as unknown as FastifyInstance);
  await app.register(async (open) => {
    open.addHook('onRequest', limit);
    await open.register(operationRoutes(context));
    if (context.config.page.on) await open.register(pageRoutes(context));
    await showDescription(open);
  });
  await app.register(async (guarded) => {
    authenticate(guarded, identify, limit);
    await guarded.register(metricsRoutes(context));
    await guarded.register(fleetRoutes(context));
  });
  await app.register(apiRoutes(context, identify, limit, { inTurn: givingWay.inTurn, closing: closing.signal }), {
    prefix: '/v1',
  });
  await app.register(loginRoutes(context, limit), { prefix: '/v1' });
  await app.register(async (open) => {
    open.addHook('onRequest', limit);
    await otherMethods(open as unknown as FastifyInstance);
  });
  return app as unknown as FastifyInstance;
}

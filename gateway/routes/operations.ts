import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { STOPPING } from '../connection/shutdown.ts';
import type { Context } from '../context.ts';
import { problems } from '../schemas/common.ts';
import { Liveness, LivenessEvents, Readiness } from '../schemas/operations.ts';
import { createLookout } from './lookout.ts';

const tags = ['operations'];
/** Milliseconds between the two events. */
const APART = 1_000;

/** For the operator's supervisor: no credential, and nothing about a person. */
export function operationRoutes(context: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    const lookAround = createLookout(context);

    app.get(
      '/livez',
      {
        config: { unlimited: true },
        schema: {
          tags,
          operationId: 'getLiveness',
          summary: 'The gateway answers',
          description: 'For a supervisor, which starts a gateway anew that does not answer.',
          response: { 200: Liveness, ...problems },
        },
      },
      async () => ({ status: 'alive' as const }),
    );

    app.get(
      '/livez/events',
      {
        exposeHeadRoute: false,
        schema: {
          tags,
          operationId: 'streamLiveness',
          summary: 'Two events, a second apart',
          description:
            'Whether event streams get through whatever stands between: where both come at once, they do not.',
          response: {
            200: LivenessEvents,
            ...problems,
          },
        },
      },
      async (_request, reply) => {
        reply.headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
        return reply.send(Readable.from(twoEvents()));
      },
    );

    app.get(
      '/readyz',
      {
        config: { unlimited: true },
        schema: {
          tags,
          operationId: 'getReadiness',
          summary: 'Everything that is needed is there; otherwise what is missing',
          description: 'For whatever sends calls here: 503 says that other gateways should have them.',
          response: { 200: Readiness, 503: Readiness, ...problems },
        },
      },
      async (_request, reply) => {
        const { missing, ...further } = context.shutdown.announced ? { missing: [STOPPING] } : await lookAround();
        const ready = missing.length === 0;
        return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', missing, ...further });
      },
    );
  };
}

async function* twoEvents(): AsyncGenerator<string> {
  yield 'event: first\ndata: {}\n\n';
  await sleep(APART);
  yield 'event: second\ndata: {}\n\n';
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hungUp } from '../body/body-stream.ts';
import { BODY_LIMIT } from './connections.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Ends with the handler of a call that takes long; undefined before it begins. */
    work: Promise<unknown> | undefined;
  }
  interface FastifyContextConfig {
    /** For a call whose answer takes long to make. */
    long?: true;
  }
}

/** Follows the handlers of all calls that may take long, for `whenOver`; to be called before any route is made. */
export function followLongCalls(app: FastifyInstance): void {
  app.decorateRequest('work', undefined);
  app.addHook('onRoute', (route) => {
    const { handler } = route;
    if (!mayTakeLong(route)) return;
    route.handler = function (request, reply) {
      if (reply.raw.destroyed) throw hungUp();
      request.work = Promise.resolve(handler.call(this, request, reply));
      return request.work;
    };
  });
}

/** Whether calls of a route bring a large body, or take long to be answered. */
export function mayTakeLong({ bodyLimit = 0, config }: { bodyLimit?: number; config?: { long?: true } }): boolean {
  return bodyLimit > BODY_LIMIT || config?.long === true;
}

/** Calls `end` once, when the answer is closed and the handler has ended: that goes on when the client leaves. */
export function whenOver(request: FastifyRequest, { raw }: FastifyReply, end: () => void): void {
  function closed(): void {
    if (request.work) request.work.then(end, end);
    else end();
  }
  if (raw.destroyed) closed();
  else raw.once('close', closed);
}

import type { FastifyInstance, HTTPMethods } from 'fastify';
import { Fault } from '../../domain/fault.ts';

/** What is answered by each path that the API's description has; OPTIONS is the browsers' and has its answer. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const satisfies HTTPMethods[];

/**
 * Answers a method that such a path, or one of `/v1`, has not with 405 and the ones that it has, in `Allow` (RFC 9110, section 15.5.6), before the body is
 * read. Call it on the instance that encloses the routes, before they are registered; what it returns registers these answers, after them.
 */
export function answerOtherMethods(app: FastifyInstance): (app: FastifyInstance) => Promise<void> {
  const taken = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (!url.startsWith('/v1/') && schema?.operationId === undefined) return;
    const methods = taken.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    taken.set(url, methods);
  });
  return async (open) => {
    for (const [url, methods] of [...taken]) {
      const allow = METHODS.filter((method) => methods.has(method)).join(', ');
      open.route({
        method: METHODS.filter((method) => !methods.has(method)),
        url,
        schema: { hide: true },
        async onRequest(_request, reply) {
          reply.header('allow', allow);
          throw new Fault('METHOD_NOT_ALLOWED', `This path takes ${allow}; /docs says what for.`);
        },
        handler: async () => undefined,
      });
    }
  };
}

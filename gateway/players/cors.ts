import type { FastifyInstance } from 'fastify';

/** Lets pages and browser extensions of any origin call (the Fetch standard, "CORS protocol"): no cookie opens anything here. */
export function allowOrigins(app: FastifyInstance, paths: readonly string[]): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('access-control-allow-origin', '*');
  });
  for (const path of paths)
    app.options(path, { schema: { hide: true } }, async (_request, reply) =>
      reply
        .headers({
          'access-control-allow-methods': 'GET, POST, OPTIONS',
          'access-control-allow-headers': 'Authorization, Content-Type',
          'access-control-max-age': '86400',
        })
        .code(204)
        .send(),
    );
}

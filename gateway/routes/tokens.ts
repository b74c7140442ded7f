import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { subscriberOf } from '../auth.ts';
import type { Context } from '../context.ts';
import { problems, SubscriberParams, TokenView } from '../schemas.ts';

/** Subscribers' tokens. */
export function tokenRoutes({ stores, config, now }: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/subscribers/:subscriberId/tokens',
      {
        config: { access: { scope: 'tokens:write' } },
        schema: {
          tags: ['subscribers'],
          summary: 'Issue a token with which the subscriber calls for itself',
          params: SubscriberParams,
          response: { 201: TokenView, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const { token, expiresAt } = await stores.tokens.issue(id, config.tokenLifetime, now());
        return reply.code(201).send({ token, expiresAt: new Date(expiresAt).toISOString() });
      },
    );
  };
}

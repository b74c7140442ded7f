import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { popularAmongFriends } from '../../service/playing/popular.ts';
import { subscriberOf } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { problems, SubscriberParams } from '../schemas/common.ts';
import { PopularView } from '../schemas/friends.ts';

/** What a subscriber's friends have in common. */
export function popularRoutes(context: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/subscribers/:subscriberId/popular',
      {
        config: { access: { scope: 'friends:read', self: true } },
        schema: {
          tags: ['friends'],
          operationId: 'listPopularPieces',
          summary: 'What at least three friends have played within seven days',
          params: SubscriberParams,
          response: { 200: PopularView, ...problems },
        },
      },
      async (request) => {
        const { id } = await subscriberOf(request, context.stores);
        return { popular: await popularAmongFriends(context, id) };
      },
    );
  };
}

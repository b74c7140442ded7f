import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { renewAccountPassword } from '../../../service/account/account-password.ts';
import { subscriberOf } from '../../access/auth.ts';
import type { Context } from '../../context.ts';
import { NothingOrNoOptions, problems, SubscriberParams } from '../../schemas/common.ts';
import { NewAccountPassword } from '../../schemas/subscribers.ts';

/** A new password for a subscriber's XMPP account. It is shown in the answer alone: whoever loses it has another one set. */
export function accountPasswordRoutes(context: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/subscribers/:subscriberId/password',
      {
        config: { access: { scope: 'tokens:write', self: true } },
        schema: {
          tags: ['subscribers'],
          operationId: 'setAccountPassword',
          summary: 'Set a new password of the XMPP account that was made for the subscriber, and show it this once',
          description:
            'The one before does not log in any more, and clients that are connected are logged out. An account that was not made here is left alone: 409. With an Idempotency-Key an answer that was lost can be had again.',
          params: SubscriberParams,
          body: NothingOrNoOptions,
          response: { 200: NewAccountPassword, ...problems },
        },
      },
      async (request, reply) => {
        const subscriber = await subscriberOf(request, context.stores);
        const password = await renewAccountPassword(context, subscriber);
        return reply.header('cache-control', 'no-store').send({ jid: subscriber.jid, password });
      },
    );
  };
}

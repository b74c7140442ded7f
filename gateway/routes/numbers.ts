import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { recycleNumber } from '../../service/line/line-events.ts';
import { requireReach } from '../../service/subscriber/reach.ts';
import { toE164 } from '../../service/subscriber/subscriber-fields.ts';
import { carrierOf } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { Empty, NumberQuery, problems } from '../schemas/common.ts';

/** Numbers, whoever has them. */
export function numberRoutes(context: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/numbers/recycle',
      {
        config: { access: { scope: 'subscribers:write' } },
        schema: {
          tags: ['subscribers'],
          operationId: 'recycleNumber',
          summary: 'Say that a number is given to somebody else',
          description:
            'Who had it is a subscriber no longer, or keeps its other numbers without this one; all its tokens and application passwords end at once. Who waits for the XMPP account of an import goes whole, and gets none. The answer is the same when nobody had it, so the call can be repeated; send it before the number is given out.',
          body: NumberQuery,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const phoneNumber = toE164(request.body.phoneNumber);
        requireReach(carrierOf(request), phoneNumber);
        request.subject = await recycleNumber(context, phoneNumber);
        return reply.code(204).send(null);
      },
    );
  };
}

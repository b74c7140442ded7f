import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { carrierOf, requireAllRanges } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { NoOptions, problems } from '../schemas/common.ts';
import { ReconciliationBegun, ReconciliationView } from '../schemas/operations.ts';

const PATH = '/reconciliations';
const tags = ['operations'];

/** Looking at everybody again: after damage, or after the operator's key was changed. */
export function reconciliationRoutes({ stores }: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      PATH,
      {
        config: { access: { scope: 'reconciliations:write' }, rank: 'book' },
        schema: {
          tags,
          operationId: 'startReconciliation',
          summary: 'Decide everything again, for every subscriber',
          description:
            'Directory, holders and friendships are made anew from the subscribers’ records and books, in the background, and never so many at a time that what people do has to wait. A round that is under way begins anew.',
          body: NoOptions,
          response: { 202: ReconciliationBegun, ...problems },
        },
      },
      async (request, reply) => {
        requireAllRanges(carrierOf(request));
        return reply.code(202).send({ subscribers: await stores.reconciliation.begin() });
      },
    );

    app.get(
      PATH,
      {
        config: { access: { scope: 'reconciliations:write' } },
        schema: {
          tags,
          operationId: 'getReconciliation',
          summary: 'How far the last round has come',
          response: { 200: ReconciliationView, ...problems },
        },
      },
      async (request) => {
        requireAllRanges(carrierOf(request));
        return stores.reconciliation.progress();
      },
    );
  };
}

import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { rangesOf, subscriberOf } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { writeExport } from '../export/document.ts';
import { ExportView } from '../export/schemas.ts';
import { problems, SubscriberParams } from '../schemas/common.ts';

/** What is held about a subscriber, for the subscriber. */
export function exportRoutes(context: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/subscribers/:subscriberId/export',
      {
        config: { access: { scope: 'subscribers:export', self: true }, long: true },
        exposeHeadRoute: false,
        schema: {
          tags: ['subscribers'],
          summary: 'Everything that is held about a subscriber',
          description: 'Written as it is read: an answer that breaks off is no well-formed JSON; ask again.',
          params: SubscriberParams,
          response: {
            200: { description: 'One JSON document', content: { 'application/json': { schema: ExportView } } },
            ...problems,
          },
        },
      },
      async (request, reply) => {
        const subscriber = await subscriberOf(request, context.stores);
        return reply
          .type('application/json')
          .header('content-disposition', 'attachment; filename="earshot-export.json"')
          .header('cache-control', 'no-store')
          .send(Readable.from(writeExport(context, subscriber, rangesOf(request)), { objectMode: false }));
      },
    );
  };
}

import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { rangesOf, subscriberOf } from '../access/auth.ts';
import { createFurtherLimit } from '../access/limits.ts';
import type { Context } from '../context.ts';
import { writeExport } from '../export/document.ts';
import { ExportView } from '../export/schemas.ts';
import { problems, SubscriberParams } from '../schemas/common.ts';

/** Exports that a subscriber may ask for, and the seconds for so many: each reads and unseals all that is held (decision 261). */
export const MOST_EXPORTS = { calls: 10, seconds: 60 };

/** What is held about a subscriber, for the subscriber. */
export function exportRoutes(context: Context): FastifyPluginAsyncTypebox {
  const limit = createFurtherLimit(context, 'exports', MOST_EXPORTS);

  return async (app) => {
    app.get(
      '/subscribers/:subscriberId/export',
      {
        config: { access: { scope: 'subscribers:export', self: true }, long: true, untagged: true },
        exposeHeadRoute: false,
        schema: {
          tags: ['subscribers'],
          operationId: 'exportSubscriber',
          summary: 'Everything that is held about a subscriber',
          description: 'Written as it is read: an answer that breaks off is no well-formed JSON; ask again.',
          params: SubscriberParams,
          response: {
            200: {
              description: 'One JSON document',
              headers: { 'Content-Disposition': { type: 'string', description: 'A name for the file (RFC 6266)' } },
              content: { 'application/json': { schema: ExportView } },
            },
            ...problems,
          },
        },
      },
      async (request, reply) => {
        const subscriber = await subscriberOf(request, context.stores);
        await limit(request, reply);
        return reply
          .type('application/json')
          .header('content-disposition', 'attachment; filename="earshot-export.json"')
          .header('cache-control', 'no-store')
          .send(Readable.from(writeExport(context, subscriber, rangesOf(request)), { objectMode: false }));
      },
    );
  };
}

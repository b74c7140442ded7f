import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { carrierOf, requireAllRanges } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { allMetrics } from '../metrics/all-metrics.ts';
import { problems } from '../schemas/common.ts';

const PlainText = { description: 'Prometheus text format', content: { 'text/plain': { schema: { type: 'string' } } } };

/** Metrics for the operator's Prometheus; where they need no credential is `gateway/metrics/metrics-listener`. They leave no audit entry. */
export function metricsRoutes(context: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/metrics',
      {
        config: { access: { scope: 'metrics:read' } },
        schema: {
          tags: ['operations'],
          operationId: 'getMetrics',
          summary: 'Metrics of all processes',
          response: { 200: PlainText, ...problems },
        },
      },
      async (request, reply) => {
        requireAllRanges(carrierOf(request));
        const { contentType, text } = await allMetrics(context);
        return reply.type(contentType).send(text);
      },
    );
  };
}

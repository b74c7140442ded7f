import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { AggregatorRegistry } from 'prom-client';
import { Type } from 'typebox';
import type { Mode } from '../../store/status.ts';
import type { Context } from '../context.ts';
import { problems } from '../schemas/common.ts';
import { Readiness } from '../schemas/operations.ts';

const tags = ['operations'];
const PlainText = { description: 'Prometheus text format', content: { 'text/plain': { schema: { type: 'string' } } } };

/** For the operator's supervisor and Prometheus: no credential, and nothing about a person. */
export function operationRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores, metrics, now } = context;

  return async (app) => {
    app.get(
      '/livez',
      {
        config: { unlimited: true },
        schema: {
          tags,
          summary: 'The gateway answers',
          response: { 200: Type.Object({ status: Type.Literal('alive') }) },
        },
      },
      async () => ({ status: 'alive' as const }),
    );

    app.get(
      '/readyz',
      {
        config: { unlimited: true },
        schema: {
          tags,
          summary: 'Everything that is needed is there; otherwise what is missing',
          response: { 200: Readiness, 503: Readiness },
        },
      },
      async (_request, reply) => {
        const { missing, mode } = await lookAround(context);
        const ready = missing.length === 0;
        return reply
          .code(ready ? 200 : 503)
          .send({ status: ready ? 'ready' : 'not ready', missing, ...(mode && { mode }) });
      },
    );

    app.get(
      '/metrics',
      { schema: { tags, summary: 'Metrics of all processes', response: { 200: PlainText, ...problems } } },
      async (_request, reply) => {
        const others = await stores.statuses.metrics(now());
        const own = await metrics.registry.getMetricsAsJSON();
        const all = AggregatorRegistry.aggregate([own, ...others] as Parameters<
          typeof AggregatorRegistry.aggregate
        >[0]);
        return reply.type(all.contentType).send(await all.metrics());
      },
    );
  };
}

async function lookAround({ stores }: Context): Promise<{ missing: string[]; mode?: Mode | undefined }> {
  const missing: string[] = [];
  let mode: Mode | undefined;
  for (const role of ['component', 'worker']) {
    try {
      const status = await stores.statuses.of(role);
      mode ??= status?.mode;
      if (!status) missing.push(`the ${role} process`);
      else if (!status.ready) missing.push(...status.missing);
    } catch {
      return { missing: ['Redis'] };
    }
  }
  return { missing, mode };
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Mode } from '../../store/base/status.ts';
import type { Context } from '../context.ts';
import { Readiness } from '../schemas/operations.ts';

const tags = ['operations'];

/** For the operator's supervisor: no credential, and nothing about a person. */
export function operationRoutes(context: Context): FastifyPluginAsyncTypebox {
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

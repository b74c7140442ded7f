import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Mode, ProcessStatus } from '../../store/base/status.ts';
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
        const { missing, ...further } = await lookAround(context);
        const ready = missing.length === 0;
        return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', missing, ...further });
      },
    );
  };
}

type Around = { missing: string[]; mode?: Mode; standby?: number };

async function lookAround({ stores }: Context): Promise<Around> {
  try {
    const [component, all] = await Promise.all([stores.statuses.component(), stores.statuses.all()]);
    const worker = all.find(({ role }) => role === 'worker');
    return {
      missing: [...missingOf('component', component), ...missingOf('worker', worker)],
      ...(component?.mode && { mode: component.mode }),
      standby: all.filter(({ standby }) => standby).length,
    };
  } catch {
    return { missing: ['Redis'] };
  }
}

function missingOf(role: string, status: ProcessStatus | undefined): string[] {
  if (!status) return [`the ${role} process`];
  return status.ready ? [] : status.missing;
}

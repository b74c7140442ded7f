import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { QUEUE_NAMES } from '../../runtime/queue/queue-table.ts';
import type { ProcessStatus } from '../../store/process/status.ts';
import { carrierOf, requireAllRanges } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { problems } from '../schemas/common.ts';
import { FleetView, type ProcessView } from '../schemas/fleet.ts';

/** The state of all processes, for the operator; whether this one serves is `/readyz`. It leaves no audit entry. */
export function fleetRoutes({ stores }: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/v1/operations',
      {
        config: { access: { scope: 'metrics:read' } },
        schema: {
          tags: ['operations'],
          operationId: 'listProcesses',
          summary: 'All processes, and what waits in each queue',
          description: 'A process that was killed is no longer named seven seconds later.',
          response: { 200: FleetView, ...problems },
        },
      },
      async (request) => {
        const caller = carrierOf(request);
        requireAllRanges(caller);
        const [processes, waiting] = await Promise.all([
          stores.statuses.all(),
          Promise.all(QUEUE_NAMES.map((queue) => stores.due.waiting(queue))),
        ]);
        return {
          processes: processes
            .map((one) => toView(one, caller.kind === 'operator'))
            .sort((a, b) => orderOf(a).localeCompare(orderOf(b))),
          queues: QUEUE_NAMES.map((name, i) => ({ name, due: waiting[i] ?? 0 })),
        };
      },
    );
  };
}

/** `advised`: with what the operator has to do, which a credential for metrics has no need of. */
function toView(status: ProcessStatus, advised: boolean): ProcessView {
  const { role, host, version, started, heard, ready, missing, advice, standby, home, mode } = status;
  return {
    role,
    host,
    version,
    started: new Date(started).toISOString(),
    heard: new Date(heard).toISOString(),
    ready,
    missing,
    ...(advised && advice !== undefined && { advice }),
    ...((role === 'component' || standby !== undefined) && {
      duty: standby ? ('standby' as const) : ('active' as const),
    }),
    ...(home !== undefined && { home }),
    ...(mode !== undefined && { mode }),
  };
}

function orderOf({ role, home = '', host, started }: ProcessView): string {
  return [role, home, host, started].join(' ');
}

import type { FastifyContextConfig, FastifyInstance, RouteOptions } from 'fastify';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Line } from './line.ts';
import { createPressure, type Rank } from './pressure.ts';
import { mayTakeLong, whenOver } from './under-way.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** When its calls are refused, where the gateway has too much to do; left out, it follows from what they may bring. */
    rank?: Rank;
    /** Its answers go on for hours, and are limited by themselves. */
    stays?: true;
  }
}

/**
 * Refuses calls while the gateway has more to do than it can, before anything is asked for them. `ask`: a question that
 * Redis answers at once. @throws Fault UNAVAILABLE
 */
export function refuseOverload(
  app: FastifyInstance,
  line: Line,
  ask: () => Promise<unknown>,
  { overLimit }: Pick<Metrics, 'overLimit'>,
): void {
  const pressure = createPressure(line, ask);
  app.addHook('onRequest', async (request, reply) => {
    const { routeOptions } = request;
    const rank = rankOf(routeOptions);
    // Probes have no limit: whoever asks for many must not take the places of what withdraws consent.
    if (rank === 'probe') return;
    try {
      pressure.require(rank);
    } catch (err) {
      overLimit.inc({ limit: 'load' });
      // Counted, not written down: an entry for each would be the load that there is too much of.
      request.audited = true;
      throw err;
    }
    if (routeOptions.config.stays) return;
    pressure.enter();
    whenOver(request, reply, pressure.leave);
  });
}

/** The state of the process is told in any case, and consent withdrawn. */
export function rankOf({ config, bodyLimit }: { config: FastifyContextConfig; bodyLimit?: number }): Rank {
  if (config.rank) return config.rank;
  if (config.unlimited) return 'probe';
  if (config.withdraws || config.access?.scope === 'metrics:read') return 'dear';
  return mayTakeLong({ config, ...(bodyLimit !== undefined && { bodyLimit }) } as RouteOptions) ? 'book' : 'call';
}

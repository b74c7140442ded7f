import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from '../../runtime/metrics.ts';
import { createBodyRoom, type Holding } from '../body/body-room.ts';
import { BODY_LIMIT } from './connections.ts';
import { whenOver } from './under-way.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What its body holds of the process's memory; undefined where none larger than an ordinary one may come. */
    holding: Holding | undefined;
  }
  interface FastifyContextConfig {
    /** Bytes that a call of this route holds of its body at most at a time, where it keeps less than the whole. */
    holds?: number;
  }
}

/**
 * Has all bodies that may be large share what room there is, whoever sends them and by whichever
 * door, before anything of them is read. `networkOf`: whom the address of a caller without a credential stands for.
 * @throws Fault UNAVAILABLE
 */
export function shareBodyRoom(
  app: FastifyInstance,
  { overLimit }: Pick<Metrics, 'overLimit'>,
  networkOf: (address: string) => string,
): void {
  /** By whom the room is shared. */
  const payerOf = ({ caller, ip }: FastifyRequest) => (caller ? `${caller.kind} ${caller.id}` : networkOf(ip));
  const room = createBodyRoom({ refused: () => overLimit.inc({ limit: 'uploads' }) });
  app.decorateRequest('holding', undefined);
  // Who calls is known by now.
  app.addHook('preParsing', async (request, reply) => {
    const { routeOptions, headers } = request;
    if ((routeOptions.bodyLimit ?? 0) <= BODY_LIMIT || isOrdinary(request)) return;
    const { holds } = routeOptions.config;
    const holding = room.enter(payerOf(request), { announced: Number(headers['content-length'] ?? 0), holds });
    request.holding = holding;
    whenOver(request, reply, holding.leave);
  });
}

/** Whether no more can come than any call may bring. */
function isOrdinary({ headers }: FastifyRequest): boolean {
  const length = headers['content-length'];
  return length !== undefined && Number(length) <= BODY_LIMIT && headers['content-encoding'] === undefined;
}

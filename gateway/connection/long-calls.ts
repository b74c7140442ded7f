import type { FastifyInstance } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import { mayTakeLong, whenOver } from './under-way.ts';

/** Calls of one subscriber that take long (large bodies, exports) and are under way in this process at a time. */
export const MOST_LONG_CALLS = 4;
/** Seconds after which one more may be tried. */
const AGAIN = 5;

/** Refuses a subscriber's further large bodies and exports while so many are under way: each of them takes memory for as long as it lasts. */
export function limitLongCalls(app: FastifyInstance): void {
  const underWay = new Map<string, number>();

  function count(id: string, change: 1 | -1): void {
    const calls = (underWay.get(id) ?? 0) + change;
    if (calls > 0) underWay.set(id, calls);
    else underWay.delete(id);
  }

  app.addHook('onRequest', async (request, reply) => {
    const { caller, routeOptions } = request;
    if (!mayTakeLong(routeOptions) || caller?.kind !== 'subscriber') return;
    const { id } = caller;
    if ((underWay.get(id) ?? 0) >= MOST_LONG_CALLS)
      throw new Fault('TOO_MANY_REQUESTS', 'Too many uploads or exports are under way; wait for one to end.', AGAIN);
    count(id, 1);
    whenOver(request, reply, () => count(id, -1));
  });
}

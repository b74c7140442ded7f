import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Fault } from '../../domain/fault.ts';

/**
 * Refuses a request that expects anything but `100-continue` (RFC 9110, section 10.1.1), as every other is refused: Node would answer it
 * without a word why, before anybody here sees it.
 */
export function refuseExpectations(app: FastifyInstance): void {
  const unmet = new WeakSet<IncomingMessage>();
  app.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    unmet.add(request);
    app.server.emit('request', request, response);
  });
  app.addHook('onRequest', async ({ raw }) => {
    if (unmet.has(raw)) throw new Fault('EXPECTATION_FAILED', 'The header Expect may ask for 100-continue only.');
  });
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { Fault } from '../../domain/fault.ts';

/**
 * How far this gateway's end has come. `announced`: nobody shall send anything here any more, and
 * what comes is still done; `refuses`: what comes is refused, and what is under way is done.
 */
export type Shutdown = { announced: boolean; refuses: boolean };

/** What is missing at /readyz then. */
export const STOPPING = 'this gateway: it is stopping';

/** Milliseconds in which what is under way may be answered. */
export const LAST_ANSWERS = 6_000;
/** Milliseconds between two looks for connections on which nothing is under way. */
const INTERVAL = 50;

/** To be called before any other hook is added. */
export function obeyShutdown(app: FastifyInstance, shutdown: Shutdown): void {
  app.addHook('onRequest', async () => {
    if (shutdown.refuses) throw new Fault('UNAVAILABLE', 'This gateway is stopping; send it again, to another one.', 1);
  });
  // Whoever keeps the connection would be cut off with the next request on it (RFC 9112, section 9.6).
  app.addHook('onSend', async (_request, reply) => {
    if (shutdown.refuses) reply.header('connection', 'close');
  });
}

/**
 * Ends without losing a request: /readyz says so for `drain` milliseconds, in which a balancer turns to others;
 * then nobody new is let in, and what is under way is answered.
 */
export async function shutDown(
  app: FastifyInstance,
  shutdown: Shutdown,
  drain: number,
  lastAnswers = LAST_ANSWERS,
): Promise<void> {
  shutdown.announced = true;
  await sleep(drain);
  shutdown.refuses = true;
  const idle = setInterval(() => app.server.closeIdleConnections(), INTERVAL);
  const last = setTimeout(() => app.server.closeAllConnections(), lastAnswers);
  await app.close();
  clearInterval(idle);
  clearTimeout(last);
}

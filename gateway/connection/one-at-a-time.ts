import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { takeTurns } from '../../runtime/turns.ts';

/** Requests that may wait on one connection for the answers to those before them. */
export const MOST_WAITING = 20;

type Exchange = [request: IncomingMessage, response: ServerResponse];

/**
 * Begins a request when the one before it on the same connection has been answered. Node begins all
 * that a piece of 64 kB holds in the same moment, two thousand of the shortest, and everybody else
 * would wait for them (RFC 9112, section 9.3.2, lets a client send so, and asks for answers in
 * order only). Who sends ahead more than may wait is cut off.
 */
export function takeOneAtATime(server: Server): void {
  const listeners = server.listeners('request') as ((...exchange: Exchange) => void)[];
  /** What waits on each connection on which something is under way. */
  const waiting = new WeakMap<Socket, Exchange[]>();

  function begin(...[request, response]: Exchange): void {
    response.on('close', goOn);
    for (const listener of listeners) listener.call(server, request, response);
  }

  /** One for all answers, as some are open for hours; it comes once. */
  async function goOn(this: ServerResponse): Promise<void> {
    const { socket } = this.req;
    if (waiting.get(socket)?.length) await takeTurns();
    const next = socket.destroyed ? undefined : waiting.get(socket)?.shift();
    if (next) begin(...next);
    else waiting.delete(socket);
  }

  server.removeAllListeners('request');
  server.on('request', (...exchange: Exchange) => {
    const { socket } = exchange[0];
    const before = waiting.get(socket);
    if (socket.destroyed) return;
    if (before === undefined) {
      waiting.set(socket, []);
      begin(...exchange);
    } else if (before.push(exchange) > MOST_WAITING) socket.destroy();
  });
}

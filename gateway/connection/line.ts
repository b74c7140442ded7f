import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** Calls that are begun in one turn of the event loop; and where a connection came in during it. */
export const MOST_A_TURN = 16;
export const MOST_BESIDE_A_CONNECTION = 2;

const ASKING = new Set(['GET', 'HEAD']);

type Exchange = [request: IncomingMessage, response: ServerResponse];
type Standing = { exchange: Exchange; since: number };

/** `wait`: milliseconds for which the call stands that is begun next; 0 where none does. */
export type Line = { length(): number; wait(): number };

/**
 * Begins few calls in one turn of the event loop; the others stand in line. In a turn Node reads from all connections, and asks up
 * to 48 times for more before any timer has its turn, but it lets in one new connection. So the more calls are begun in a turn, and
 * answered at once, the longer everybody waits whose turn it is once in each: new connections, commands to Redis and their answers.
 * Probes do not stand in line. To be called before any route is made.
 */
export function formLine(app: FastifyInstance, now: () => number = performance.now.bind(performance)): Line {
  const { server } = app;
  const listeners = server.listeners('request') as ((...exchange: Exchange) => void)[];
  const probes = new Set<string>();
  const line: Standing[] = [];
  /** What may be begun at once before the next turn. */
  let left = MOST_A_TURN;
  let isConnecting = false;
  let awaited = false;

  function begin(...exchange: Exchange): void {
    // Who left meanwhile wants no answer.
    if (exchange[0].socket.destroyed) return;
    for (const listener of listeners) listener.call(server, ...exchange);
  }

  function nextTurn(): void {
    awaited = false;
    const most = isConnecting ? MOST_BESIDE_A_CONNECTION : MOST_A_TURN;
    isConnecting = false;
    const next = line.splice(0, most);
    left = most - next.length;
    if (left < MOST_A_TURN) awaitTurn();
    for (const { exchange } of next) begin(...exchange);
  }

  function awaitTurn(): void {
    if (awaited) return;
    awaited = true;
    setImmediate(nextTurn);
  }

  app.addHook('onRoute', ({ url, config }) => {
    if (config?.unlimited) probes.add(url);
  });
  server.on('connection', () => {
    isConnecting = true;
    awaitTurn();
  });
  server.removeAllListeners('request');
  server.on('request', (...exchange: Exchange) => {
    const { method = '', url = '' } = exchange[0];
    if (ASKING.has(method) && probes.has(url)) return begin(...exchange);
    awaitTurn();
    if (left === 0 || line.length > 0) return void line.push({ exchange, since: now() });
    left -= 1;
    begin(...exchange);
  });

  return { length: () => line.length, wait: () => (line[0] ? now() - line[0].since : 0) };
}

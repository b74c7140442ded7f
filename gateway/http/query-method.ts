import type { IncomingMessage, Server } from 'node:http';

/**
 * Names the method QUERY (RFC 10008), for which Node.js 20.19 of Debian 13 gives none: a request without a method would pass by every
 * route, and by what limits and answers unknown paths.
 */
export function nameQuery(server: Server): void {
  server.prependListener('request', (request: IncomingMessage) => {
    request.method ??= 'QUERY';
  });
}

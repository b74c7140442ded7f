import type { FastifyRequest } from 'fastify';

const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/;

/**
 * Where the player has reached this gateway, as a URL without a slash at the end: the configured address, or what the request says. VLC leaves
 * the port out of `Host`, so without a proxy it is the one that the request came in on.
 */
export function ownAddress({ headers, socket, protocol }: FastifyRequest, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl;
  const { host = '' } = headers;
  const shape = HOST.exec(host);
  const secure = protocol === 'https' || headers['x-forwarded-proto'] === 'https';
  const scheme = secure ? 'https' : 'http';
  if (!shape) return `${scheme}://127.0.0.1:${socket.localPort}`;
  const behindProxy = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
  return `${scheme}://${host}${shape[1] || behindProxy ? '' : `:${socket.localPort}`}`;
}

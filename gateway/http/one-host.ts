import type { FastifyInstance } from 'fastify';
import { Fault } from '../../domain/fault.ts';

/**
 * Refuses a request that names its host twice, of which Node keeps the first: a proxy in front may
 * have gone by the second; and one of HTTP/1.1 that names none (RFC 9112, section 3.2).
 */
export function requireOneHost(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw: { rawHeaders, httpVersion } }) => {
    const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
    if (hosts.length > 1) throw new Fault('INVALID_ARGUMENT', 'The request has more than one Host header; send one.');
    if (hosts.length === 0 && httpVersion === '1.1')
      throw new Fault('INVALID_ARGUMENT', 'The request has no Host header; send one.');
  });
}

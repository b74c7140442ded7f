import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { problemOf } from './problem.ts';

/** Bytes of an ordinary body. */
export const BODY_LIMIT = 64 * 1024;
/** Milliseconds in which the head of a request must have arrived, and an ordinary body after it. */
const HEAD_TIMEOUT = 10_000;
const BODY_TIMEOUT = 10_000;
/**
 * Milliseconds in which any request must have arrived; a large book over a slow network takes its
 * time.
 */
const REQUEST_TIMEOUT = 300_000;
/**
 * Milliseconds in which whoever goes on sending may read why it is refused: a connection that is closed over bytes that
 * nobody has read takes the answer with it (RFC 9112, section 9.6).
 */
const LINGER = 1_000;
/** Characters of a path with its query; ours have 200. */
const LONGEST_URL = 2_000;

/** For Node's server, which looks every two seconds for who is too slow. */
export const httpOptions = { headersTimeout: HEAD_TIMEOUT, connectionsCheckingInterval: 2_000 };
/** For Fastify. */
export const connectionOptions = { bodyLimit: BODY_LIMIT, requestTimeout: REQUEST_TIMEOUT, clientErrorHandler };

/** What Node's parser refuses never becomes a request, so it is answered on the bare connection. */
const REFUSALS: Record<string, [FaultCode, string]> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'The headers, with the path, are larger than 16 kB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'The request did not arrive in time; send it again, faster.'],
};

function clientErrorHandler(error: { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [code, message] = REFUSALS[error.code ?? ''] ?? ['INVALID_ARGUMENT', 'This is no HTTP/1.1 request.'];
  const { status, title, text } = problemOf(new Fault(code, message), randomUUID());
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
  setTimeout(() => socket.destroy(), LINGER).unref();
}

/**
 * Cuts off who sends a long path, or trickles an ordinary body: large ones have until the request's
 * own timeout. The time counts from the moment when the body is wanted, or when the answer is given
 * without it: what we wait for before is not the caller's doing.
 */
export function cutOffSlowAndLong(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (request.url.length > LONGEST_URL)
      throw new Fault('URI_TOO_LONG', `The path and query are longer than ${LONGEST_URL} characters.`);
  });
  app.addHook('preParsing', async (request, reply) => limitBody(app, request, reply));
  app.addHook('onResponse', async (request, reply) => limitBody(app, request, reply));
}

function limitBody(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): void {
  if (!hasOrdinaryBody(request)) return;
  const timer = setTimeout(() => {
    if (reply.raw.headersSent) request.raw.socket.destroy();
    else
      app.server.emit(
        'clientError',
        Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }),
        request.raw.socket,
      );
  }, BODY_TIMEOUT);
  request.raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

function hasOrdinaryBody({ headers, raw, routeOptions }: FastifyRequest): boolean {
  const announced = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return announced && !raw.complete && !raw.readableEnded && (routeOptions.bodyLimit ?? BODY_LIMIT) <= BODY_LIMIT;
}

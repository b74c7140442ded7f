import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { problemOf } from '../http/problem.ts';

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
/** Milliseconds in which whoever is answered takes something of what waits for it, an event stream too. */
export const UNREAD_TIMEOUT = 60_000;
/**
 * Milliseconds in which whoever goes on sending may read why it is refused: a connection that is closed over bytes that
 * nobody has read takes the answer with it (RFC 9112, section 9.6).
 */
const LINGER = 1_000;
/** Characters of a path with its query; ours have 200. */
const LONGEST_URL = 2_000;

/** For Node's server, which looks every two seconds for who is too slow. Who names no host is refused by `requireOneHost`. */
export const httpOptions = {
  headersTimeout: HEAD_TIMEOUT,
  connectionsCheckingInterval: 2_000,
  requireHostHeader: false,
};
/** For Fastify. */
export const connectionOptions = { bodyLimit: BODY_LIMIT, requestTimeout: REQUEST_TIMEOUT, clientErrorHandler };

/** What Node's parser refuses never becomes a request, so it is answered on the bare connection. */
const REFUSALS: Record<string, [FaultCode, string]> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'The headers, with the path, are larger than 16 kB.'],
  CONNECT: ['INVALID_ARGUMENT', 'This is no proxy; CONNECT leads nowhere.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'The request did not arrive in time; send it again, faster.'],
};

/** How many requests have come whose head is complete. */
const requests = new WeakMap<Socket, number>();

/**
 * Node looks for who is too slow before it reads what has come: after this process has stood still, that is
 * everybody. So that is read first.
 */
function clientErrorHandler(error: { code?: string }, socket: Socket): void {
  if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT') return void refuse(error, socket);
  const before = requests.get(socket);
  setImmediate(() => {
    if (requests.get(socket) === before) refuse(error, socket);
  });
}

function refuse(error: { code?: string }, socket: Socket): void {
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

/** Refuses CONNECT, for which Node hands out the bare connection, or closes it without a word. */
export function refuseTunnels(server: Server): void {
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy()).resume();
    refuse({ code: 'CONNECT' }, socket);
  });
}

/**
 * Cuts off who sends a long path, or trickles an ordinary body: large ones have until the request's
 * own timeout. The time counts from the moment when the body is wanted, or when the answer is given
 * without it: what we wait for before is not the caller's doing. And who reads nothing of its answer,
 * which would be kept for it for ever.
 */
export function cutOffSlowAndLong(
  app: FastifyInstance,
  { body: bodyTimeout, unread } = { body: BODY_TIMEOUT, unread: UNREAD_TIMEOUT },
): void {
  app.server.prependListener('request', ({ socket }, response) => {
    requests.set(socket, (requests.get(socket) ?? 0) + 1);
    // Node counts from the last byte that came or was taken.
    response.setTimeout(unread).on('timeout', cutOffUnread);
  });
  app.addHook('onRequest', async (request) => {
    if (request.url.length > LONGEST_URL)
      throw new Fault('URI_TOO_LONG', `The path and query are longer than ${LONGEST_URL} characters.`);
  });
  app.addHook('preParsing', async (request, reply) => limitBody(request, reply, bodyTimeout));
  app.addHook('onResponse', async (request, reply) => limitBody(request, reply, bodyTimeout));
}

/** Where nothing waits to be taken, the answer is still being made. */
function cutOffUnread(this: ServerResponse): void {
  if (this.socket && this.socket.writableLength > 0) this.socket.destroy();
}

function limitBody(request: FastifyRequest, reply: FastifyReply, bodyTimeout: number): void {
  if (!hasOrdinaryBody(request)) return;
  const cutOff = () => {
    if (request.raw.complete) return;
    if (reply.raw.headersSent) request.raw.destroy();
    else refuse({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }, request.raw.socket);
  };
  const timer = setTimeout(() => setImmediate(cutOff), bodyTimeout);
  request.raw.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
}

function hasOrdinaryBody({ headers, raw, routeOptions }: FastifyRequest): boolean {
  const announced = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return announced && !raw.complete && !raw.readableEnded && (routeOptions.bodyLimit ?? BODY_LIMIT) <= BODY_LIMIT;
}

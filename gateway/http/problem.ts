import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { isRedisAway } from '../../runtime/redis/redis.ts';
import { STATUS_OF } from '../../service/audit/audit.ts';
import { hungUp } from '../body/body-stream.ts';
import { echoCorrelator } from './correlator.ts';
import { linger } from './linger.ts';
import { TITLES } from './problem-titles.ts';
import { schemaWords } from './schema-words.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the call ended with, when it ended with a problem. */
    faultCode: FaultCode | undefined;
  }
}

/** Seconds after which a client may try again when something is away for a moment. */
const RETRY_AFTER = '2';

/** Answers every error as RFC 9457 problem details. */
export function answerProblems(app: FastifyInstance): void {
  app.decorateRequest('faultCode', undefined);
  app.setSchemaErrorFormatter((errors, part) => new Error(schemaWords(errors, part)));
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const fault = toFault(error, request);
    if (fault.code === 'PAYLOAD_TOO_LARGE') await linger(request.raw);
    if (fault.code === 'INTERNAL') request.log.error({ err: error, correlator: request.id }, 'request failed');
    return sendProblem(reply, request, fault);
  });
  app.setNotFoundHandler((request, reply) => sendProblem(reply, request, noSuchPath()));
}

/** For what the router refuses before any route is found. */
export function answerRouterError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  echoCorrelator(request, reply);
  sendProblem(reply, request, toFault(error, request));
}

/** Status line and body of a problem (RFC 9457). */
export function problemOf(
  { code, message }: Fault,
  correlator: string,
): { status: number; title: string; text: string } {
  const [status, title] = [STATUS_OF[code], TITLES[code]];
  const text = JSON.stringify({ type: 'about:blank', title, status, code, detail: message, correlator });
  return { status, title, text };
}

function sendProblem(reply: FastifyReply, request: FastifyRequest, fault: Fault): FastifyReply {
  const { code, retryAfter } = fault;
  const { status, text } = problemOf(fault, request.id);
  request.faultCode = code;
  // RFC 9110, section 15.5.9: nobody waits for the rest.
  if (code === 'REQUEST_TIMEOUT') reply.header('connection', 'close');
  if (code === 'UNAUTHENTICATED') reply.header('www-authenticate', challengeTo(request));
  if (retryAfter !== undefined) reply.header('retry-after', `${retryAfter}`);
  else if (code === 'UNAVAILABLE') reply.header('retry-after', RETRY_AFTER);
  return reply.code(status).type('application/problem+json').send(text);
}

/** RFC 6750, section 3: no error is named to who sent no token. */
function challengeTo(request: FastifyRequest): string {
  return /^bearer /i.test(request.headers.authorization ?? '') ? 'Bearer error="invalid_token"' : 'Bearer';
}

/** What the framework and the Redis client throw, in our own words; what nobody expected says nothing to the outside. */
function toFault(error: FastifyError, request: FastifyRequest): Fault {
  if (error instanceof Fault) return error;
  if (error.validation) return new Fault('INVALID_ARGUMENT', error.message);
  if (isRedisAway(error)) return new Fault('UNAVAILABLE', 'The store does not answer; try again in a moment.');
  if (error.code === 'FST_ERR_BAD_URL') return new Fault('INVALID_ARGUMENT', 'The path is not well-formed; escape it.');
  switch (error.statusCode) {
    case 400:
      if (isCutOff(request)) return hungUp();
      return new Fault('INVALID_ARGUMENT', 'The body is not valid; send well-formed JSON with its Content-Length.');
    case 404:
      return noSuchPath();
    case 413:
      return new Fault('PAYLOAD_TOO_LARGE', 'The body is larger than this call takes.');
    case 414:
      return new Fault('URI_TOO_LONG', 'A part of the path is longer than any that there is.');
    case 415:
      return new Fault(
        'UNSUPPORTED_MEDIA_TYPE',
        `Send the body with a Content-Type that this call takes: ${mediaTypesOf(request)}.`,
      );
    default:
      return new Fault('INTERNAL', 'Something went wrong here; the correlator finds it in the log.');
  }
}

function noSuchPath(): Fault {
  return new Fault('NOT_FOUND', 'There is no such path; /docs lists those there are.');
}

/** The connection ended before the whole body had come. */
function isCutOff({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}

function mediaTypesOf({ routeOptions }: FastifyRequest): string {
  const { body, consumes = ['application/json'] } = routeOptions.schema ?? {};
  const { content } = (body ?? {}) as { content?: Record<string, unknown> };
  return (content ? Object.keys(content) : consumes).join(', ');
}

import type { FastifyError, FastifyInstance } from 'fastify';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { isRedisAway } from '../../runtime/redis/redis.ts';
import { linger } from '../http/linger.ts';

/** What Quicksy's clients have words for; anything else is 500 to them. */
const STATUS: Partial<Record<FaultCode, number>> = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 400,
  TOO_MANY_REQUESTS: 429,
};

/** Answers every error with its status and a line of text; clients read the status and Retry-After. */
export function answerStatuses(app: FastifyInstance): void {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const fault = toFault(error);
    if (fault.code === 'PAYLOAD_TOO_LARGE') await linger(request.raw);
    if (fault.code === 'INTERNAL') request.log.error({ err: error, correlator: request.id }, 'request failed');
    request.faultCode = fault.code;
    if (fault.retryAfter !== undefined) reply.header('retry-after', `${fault.retryAfter}`);
    return reply
      .code(STATUS[fault.code] ?? 500)
      .type('text/plain')
      .send(fault.message);
  });
}

function toFault(error: FastifyError): Fault {
  if (error instanceof Fault) return error;
  if (isRedisAway(error)) return new Fault('UNAVAILABLE', 'The store does not answer; try again in a moment.');
  if (error.statusCode === 413) return new Fault('PAYLOAD_TOO_LARGE', 'The password is too long');
  if (error.statusCode === 400) return new Fault('INVALID_ARGUMENT', 'The request cannot be read');
  return new Fault('INTERNAL', 'Something went wrong here');
}

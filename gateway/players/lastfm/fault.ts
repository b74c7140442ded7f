import type { FastifyError, FastifyInstance } from 'fastify';
import { Fault } from '../../../domain/fault.ts';
import { isRedisAway } from '../../../runtime/redis/redis.ts';
import { linger } from '../../http/linger.ts';

/** An error of Last.fm's list (https://www.last.fm/api/errorcodes). */
export class LastFmFault extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'LastFmFault';
    this.code = code;
  }
}

/** The HTTP status that goes with a code; 400 with all others. */
const STATUS: Readonly<Record<number, number>> = { 4: 403, 8: 500, 9: 403, 10: 403, 13: 403, 16: 503, 29: 429 };

/** Answers every error as `{"error", "message"}`. */
export function answerFaults(app: FastifyInstance): void {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    if (error.statusCode === 413) await linger(request.raw);
    const { code, message } = toFault(error);
    if (code === 8) request.log.error({ err: error, correlator: request.id }, 'request failed');
    return reply.code(STATUS[code] ?? 400).send({ error: code, message });
  });
}

function toFault(error: FastifyError): LastFmFault {
  if (error instanceof LastFmFault) return error;
  if (error instanceof Fault && error.code === 'TOO_MANY_REQUESTS') return new LastFmFault(29, error.message);
  if (isRedisAway(error)) return new LastFmFault(16, 'The service is temporarily unavailable, please try again.');
  if (error.statusCode === 413 || error.statusCode === 400) return new LastFmFault(6, 'The request cannot be read.');
  return new LastFmFault(8, 'Operation failed - Something went wrong here; please try again.');
}

import type { FastifyError, FastifyInstance } from 'fastify';
import { Fault } from '../../../domain/fault.ts';
import { isRedisAway } from '../../../runtime/redis/redis.ts';
import { linger } from '../../http/linger.ts';

/** What AudioScrobbler 1.2 answers: a word, or `FAILED` with a reason for the player's log, always with status 200. */
export type Answer = 'OK' | 'BADAUTH' | 'BADTIME' | 'BADSESSION' | `FAILED ${string}`;

/** The lines of an answer, each with its line feed. */
export function lines(...texts: string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}

/** Answers every error as `FAILED`, after which players try again later. */
export function answerFailures(app: FastifyInstance): void {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    if (error.statusCode === 413) await linger(request.raw);
    const reason = reasonOf(error);
    if (reason === UNEXPECTED) request.log.error({ err: error, correlator: request.id }, 'request failed');
    return reply
      .code(200)
      .type('text/plain; charset=utf-8')
      .send(lines(`FAILED ${reason}` satisfies Answer));
  });
}

/** The reason that players are told over their limit. */
export const TOO_MANY = 'Too many requests; slow down';
const UNEXPECTED = 'Something went wrong here; try again later';

function reasonOf(error: FastifyError): string {
  if (error instanceof Fault && error.code === 'TOO_MANY_REQUESTS') return TOO_MANY;
  if (isRedisAway(error)) return 'The store does not answer; try again in a moment';
  if (error.statusCode === 413) return 'The submission is too large; send fewer tracks at once';
  return error.statusCode === 400 ? 'The request cannot be read' : UNEXPECTED;
}

import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { Fault, type FaultCode } from '../../../domain/fault.ts';
import { isRedisAway } from '../../../runtime/redis/redis.ts';
import { linger } from '../../http/linger.ts';

/** An error as listenbrainz-server answers it. The text is for the player's log. */
export class ListenBrainzFault extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'ListenBrainzFault';
    this.code = code;
  }
}

/** What we refuse for reasons that listenbrainz-server does not have. */
const STATUS: Partial<Record<FaultCode, number>> = { TOO_MANY_REQUESTS: 429, UNAVAILABLE: 503, REQUEST_TIMEOUT: 408 };

/** Answers every error as `{"code", "error"}`: these clients read nothing else. */
export function answerFaults(app: FastifyInstance): void {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const fault = toFault(error);
    if (fault.code === 413) await linger(request.raw);
    if (fault.code === 500) request.log.error({ err: error, correlator: request.id }, 'request failed');
    if (fault.code === 408) reply.header('connection', 'close');
    if (fault.code === 503) reply.header('retry-after', '2');
    return send(reply, fault);
  });
  app.setNotFoundHandler((_request, reply) =>
    send(reply, new ListenBrainzFault(404, 'There is no such endpoint here.')),
  );
}

function send(reply: FastifyReply, { code, message }: ListenBrainzFault): FastifyReply {
  return reply.code(code).send({ code, error: message });
}

function toFault(error: FastifyError): ListenBrainzFault {
  if (error instanceof ListenBrainzFault) return error;
  const known = error instanceof Fault ? STATUS[error.code] : undefined;
  if (known !== undefined) return new ListenBrainzFault(known, error.message);
  if (isRedisAway(error)) return new ListenBrainzFault(503, 'The store does not answer; try again in a moment.');
  if (error.statusCode === 413 || (error instanceof Fault && error.code === 'PAYLOAD_TOO_LARGE'))
    return new ListenBrainzFault(413, 'Payload too large.');
  if (error.statusCode === 400) return new ListenBrainzFault(400, 'The request cannot be read.');
  return new ListenBrainzFault(500, 'Something went wrong. Please try again.');
}

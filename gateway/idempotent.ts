import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../domain/fault.ts';
import type { Stores } from '../store/stores.ts';
import { networkOf } from './network.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What unlocks the remembered answer to this request; undefined when nothing is to be remembered. */
    idempotencySecret: string | undefined;
  }
}

const SHAPE = /^[\x21-\x7e]{1,255}$/;

/** Honours Idempotency-Key on every POST: the same request again gets the same answer for a day, and is done once. */
export function honourIdempotencyKeys(app: FastifyInstance, stores: Stores): void {
  app.decorateRequest('idempotencySecret', undefined);

  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (request.method !== 'POST' || key === undefined) return;
    if (typeof key !== 'string' || !SHAPE.test(key))
      throw new Fault('INVALID_ARGUMENT', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
    const secret = secretOf(request, key);
    const answer = await stores.idempotency.begin(secret);
    if (answer === 'under-way')
      throw new Fault('CONFLICT', 'A request with this Idempotency-Key is still under way; ask again in a moment.');
    if (answer === 'started') {
      request.idempotencySecret = secret;
      return;
    }
    if (answer.request !== hashOf(request.body))
      throw new Fault('CONFLICT', 'This Idempotency-Key was used for another request; take a new one.');
    return reply.code(answer.status).type(answer.contentType).header('idempotency-replayed', 'true').send(answer.body);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const secret = request.idempotencySecret;
    if (secret === undefined) return payload;
    request.idempotencySecret = undefined;
    // A trouble of ours, or "not now", is no answer to be repeated.
    if (reply.statusCode >= 500 || reply.statusCode === 429 || typeof payload !== 'string')
      await stores.idempotency.forget(secret);
    else
      await stores.idempotency.remember(secret, {
        request: hashOf(request.body),
        status: reply.statusCode,
        contentType: String(reply.getHeader('content-type')),
        body: payload,
      });
    return payload;
  });
}

/** Whoever has no credential must come from the same address and say the same, or would get at somebody else's answer. */
function secretOf(request: FastifyRequest, key: string): string {
  const { caller } = request;
  if (!caller) return JSON.stringify(['nobody', networkOf(request.ip), hashOf(request.body), request.url, key]);
  return JSON.stringify([caller.kind, caller.id, request.url, key]);
}

/** A body that is read as it comes is not remembered: the call that takes one can be repeated anyway. */
function hashOf(body: unknown): string {
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) return '';
  return createHash('sha256')
    .update(JSON.stringify(body ?? null))
    .digest('base64url');
}

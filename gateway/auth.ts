import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../domain/fault.ts';
import type { Stores } from '../store/stores.ts';
import type { Subscriber } from '../store/subscriber-record.ts';

/** Who calls: the operator, or a subscriber with a token. */
export type Caller = { kind: 'operator' } | { kind: 'subscriber'; id: string; tokenId: string };

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined;
  }
}

/** Learns who calls before anything of the body is read (RFC 6750, section 2.1). */
export function authenticate(app: FastifyInstance, stores: Stores, operatorKey: string): void {
  const operatorHash = hashOf(operatorKey);
  app.decorateRequest('caller', undefined);
  app.addHook('onRequest', async (request) => {
    const [, token] = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token === undefined)
      throw new Fault('UNAUTHENTICATED', 'Send Authorization: Bearer with an operator key or a subscriber’s token.');
    if (timingSafeEqual(hashOf(token), operatorHash)) {
      request.caller = { kind: 'operator' };
      return;
    }
    const owner = await stores.tokens.ownerOf(token, Date.now());
    if (!owner)
      throw new Fault('UNAUTHENTICATED', 'The key or token is not valid, or it has expired; ask for a new one.');
    request.caller = { kind: 'subscriber', ...owner };
  });
}

/** For calls that only an operator may make. Runs before the body is read. */
export async function operatorOnly(request: FastifyRequest): Promise<void> {
  if (request.caller?.kind !== 'operator')
    throw new Fault('PERMISSION_DENIED', 'This call takes an operator key, not a subscriber’s token.');
}

/** For calls about one subscriber: the operator, or the subscriber itself. Runs before the body is read. */
export async function operatorOrSelf(request: FastifyRequest): Promise<void> {
  subscriberIdOf(request);
}

/** The subscriber that the path names; `me` is the token's own. */
export function subscriberIdOf(request: FastifyRequest): string {
  const { subscriberId } = request.params as { subscriberId: string };
  if (request.caller?.kind !== 'subscriber') {
    if (subscriberId === 'me')
      throw new Fault(
        'INVALID_ARGUMENT',
        '`me` needs a subscriber’s token; with an operator key name the subscriber id.',
      );
    return subscriberId;
  }
  if (subscriberId !== 'me' && subscriberId !== request.caller.id)
    throw new Fault('PERMISSION_DENIED', 'A subscriber’s token opens that subscriber’s own resources only.');
  return request.caller.id;
}

/** The subscriber that the path names. @throws Fault NOT_FOUND */
export async function subscriberOf(request: FastifyRequest, stores: Stores): Promise<Subscriber> {
  const subscriber = await stores.subscribers.get(subscriberIdOf(request));
  if (!subscriber) throw new Fault('NOT_FOUND', 'There is no such subscriber.');
  return subscriber;
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

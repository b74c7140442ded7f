import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import { startRenewing } from '../../runtime/renewing.ts';
import { newRequest, REMEMBERED, type Remembered } from '../../store/call/idempotency.ts';
import type { Context } from '../context.ts';
import { subjectOf } from './audit.ts';
import { type Begun, createGivingBack } from './giving-back.ts';
import { networkOf } from './network.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** How this request has begun, and how to say no more that it goes on; undefined when nothing is to be remembered. */
    idempotency: (Begun & { stopRenewing(): void }) | undefined;
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route remembers by itself what was done under an Idempotency-Key. */
    remembers?: true;
    /** Set here: the route honours an Idempotency-Key. */
    idempotent?: true;
    /**
     * What takes the place of an Idempotency-Key, as the body names itself; the answer says nothing of anybody. It is the same
     * whoever calls: who may not say such a thing at all has to be refused here. @throws Fault
     */
    idempotentBy?: (request: FastifyRequest) => string;
  }
}

/** Milliseconds after which a request that is still at work says so. */
const RENEWAL = 2_000;

const SHAPE = /^[\x21-\x7e]{1,255}$/;

/** Keys that a subscriber may use a day, and that callers without a credential may at one address. */
export const MOST_KEYS = { subscriber: 200, address: 10_000 };

/** 1 to 255 visible ASCII characters. */
export function isIdempotencyKey(key: string | string[]): key is string {
  return typeof key === 'string' && SHAPE.test(key);
}

/** Honours Idempotency-Key on every POST: the same request again gets the same answer for a day, and is done once. */
export function honourIdempotencyKeys(app: FastifyInstance, context: Context): void {
  const { stores, now } = context;
  const giveBack = createGivingBack(context);
  app.decorateRequest('idempotency', undefined);
  app.addHook('onRoute', (route) => {
    if (route.method === 'POST' && !route.config?.remembers) route.config = { ...route.config, idempotent: true };
  });

  app.addHook('preHandler', async (request, reply) => {
    const { remembers, idempotentBy } = request.routeOptions.config;
    const key = idempotentBy?.(request) ?? request.headers['idempotency-key'];
    if (request.method !== 'POST' || key === undefined || remembers) return;
    if (!idempotentBy && !isIdempotencyKey(key))
      throw new Fault('INVALID_ARGUMENT', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
    const [secret, asked] = [secretOf(request, `${key}`), hashOf(request.body)];
    const begun = { secret, fence: newRequest(secret, asked) };
    const answer = await stores.idempotency.begin(secret, begun.fence).catch(async (err: unknown) => {
      // It may have begun although nobody was told.
      await giveBack(begun);
      throw err;
    });
    const name = idempotentBy ? 'source and id' : 'Idempotency-Key';
    if (answer === 'under-way')
      throw new Fault('CONFLICT', `A request with this ${name} is still under way; ask again in a moment.`);
    if (answer === 'started') {
      const stopRenewing = startRenewing(RENEWAL, () => stores.idempotency.renew(secret, begun.fence));
      request.idempotency = { ...begun, stopRenewing };
      return countKey(context, request);
    }
    if (answer === 'erased')
      throw new Fault(
        'CONFLICT',
        'This Idempotency-Key was used for a subscriber who was erased since; take a new one.',
      );
    if (answer === 'other' || answer.request !== asked)
      throw new Fault(
        'IDEMPOTENCY_KEY_REUSED',
        idempotentBy
          ? 'An event of this source and id was sent with another content; give this one another id.'
          : 'This Idempotency-Key was sent with another body; send a new key with this one.',
      );
    return reply.code(answer.status).type(answer.contentType).header('idempotency-replayed', 'true').send(answer.body);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const begun = request.idempotency;
    if (begun === undefined) return payload;
    request.idempotency = undefined;
    begun.stopRenewing();
    if (!isToRemember(request, reply) || typeof payload !== 'string') {
      await giveBack(begun);
      return payload;
    }
    try {
      const answer = toAnswer(request, reply, payload);
      await stores.idempotency.remember(begun.secret, answer, subjectIn(request, reply), now());
    } catch (err) {
      // The caller is told of the trouble instead, and may send the request again.
      await giveBack(begun);
      throw err;
    }
    return payload;
  });
}

/** A trouble of ours, or "not now", is no answer to be repeated; nor is the refusal of what names itself, which cannot be sent under another name. */
function isToRemember(request: FastifyRequest, { statusCode }: FastifyReply): boolean {
  return statusCode < (request.routeOptions.config.idempotentBy ? 400 : 500) && statusCode !== 429;
}

/**
 * The subscriber whom the answer is about. An error is about nobody: it is the same whoever is
 * there; so is that to what names itself, which is given again though somebody was erased by it.
 */
function subjectIn(request: FastifyRequest, { statusCode }: FastifyReply): string | undefined {
  return statusCode < 400 && !request.routeOptions.config.idempotentBy ? subjectOf(request) : undefined;
}

function toAnswer(request: FastifyRequest, reply: FastifyReply, body: string): Remembered {
  const contentType = String(reply.getHeader('content-type'));
  return { request: hashOf(request.body), status: reply.statusCode, contentType, body };
}

/** What is remembered for a day must not grow without end; a carrier answers for its own. @throws Fault TOO_MANY_REQUESTS */
async function countKey({ stores, subjectHashOf }: Context, { caller, ip }: FastifyRequest): Promise<void> {
  if (caller && caller.kind !== 'subscriber') return;
  const [who, most] = caller
    ? [subjectHashOf(caller.id), MOST_KEYS.subscriber]
    : [`address:${subjectHashOf(networkOf(ip))}`, MOST_KEYS.address];
  const { count, resetIn } = await stores.rates.count(`keys:${who}`, REMEMBERED);
  if (count > most)
    throw new Fault(
      'TOO_MANY_REQUESTS',
      `More than ${most} Idempotency-Keys a day; leave it out, or go on after Retry-After.`,
      Math.ceil(resetIn / 1000),
    );
}

/** Whoever has no credential must come from the same address and say the same, or would get at somebody else's answer. */
function secretOf(request: FastifyRequest, key: string): string {
  const { caller, routeOptions } = request;
  const { url } = request;
  // Another credential of the same carrier, another query, or another way to write the path makes no other of what names itself.
  if (routeOptions.config.idempotentBy) return JSON.stringify(['named', routeOptions.url, key]);
  if (!caller) return JSON.stringify(['nobody', networkOf(request.ip), hashOf(request.body), url, key]);
  return JSON.stringify([caller.kind, caller.id, url, key]);
}

/** A body that is read as it comes is not remembered: the call that takes one can be repeated anyway. */
function hashOf(body: unknown): string {
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) return '';
  return createHash('sha256')
    .update(JSON.stringify(body ?? null))
    .digest('base64url');
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Grant, reachOf } from '../../domain/access/grant.ts';
import { Fault } from '../../domain/fault.ts';
import { requireWhole } from '../../service/subscriber/reach.ts';
import type { OwnSituation } from '../../store/playing/situation.ts';
import type { Stores } from '../../store/stores.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { mayCall, requireAccess, requireDeclaredAccess } from './access.ts';
import type { Carrier } from './caller.ts';
import type { Identify } from './identify.ts';
import type { Limit } from './limits.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Asks whether the caller would be let in now as it was then; for answers that go on for hours, so it holds nothing of the request. */
    keepRights(): () => Promise<boolean>;
  }
}

/** Learns who calls, and whether they may, and so often, before anything of the body is read. */
export function authenticate(app: FastifyInstance, identify: Identify, limit: Limit): void {
  requireDeclaredAccess(app);
  app.decorateRequest('caller', undefined);
  app.decorateRequest('keepRights', function (this: FastifyRequest) {
    const { authorization } = this.headers;
    const { access } = this.routeOptions.config;
    const id = this.caller?.id;
    return async () => {
      try {
        const caller = await identify(authorization);
        return caller.id === id && mayCall(caller, access);
      } catch (err) {
        // Whatever else is wrong is no verdict on the caller.
        return !(err instanceof Fault && err.code === 'UNAUTHENTICATED');
      }
    };
  });
  app.addHook('onRequest', async (request, reply) => {
    request.caller = await identify(request.headers.authorization).catch(async (err) => {
      await limit(request, reply);
      throw err;
    });
    await limit(request, reply);
    requireAccess(request, reply);
    if (request.routeOptions.config.access?.self) subscriberIdOf(request);
  });
}

/** The caller of a route that takes no subscriber's token. */
export function carrierOf(request: FastifyRequest): Carrier {
  const { caller } = request;
  if (!caller || caller.kind === 'subscriber')
    throw new Fault('PERMISSION_DENIED', 'This call takes an operator’s or a carrier’s credential.');
  return caller;
}

/** The subscriber that the path names; `me` is the token's own. */
export function subscriberIdOf(request: FastifyRequest): string {
  const { subscriberId } = request.params as { subscriberId: string };
  if (request.caller?.kind !== 'subscriber') {
    if (subscriberId === 'me')
      throw new Fault('INVALID_ARGUMENT', '`me` needs a subscriber’s token; with a credential name the subscriber id.');
    return subscriberId;
  }
  if (subscriberId !== 'me' && subscriberId !== request.caller.id)
    throw new Fault('PERMISSION_DENIED', 'A subscriber’s token opens that subscriber’s own resources only.');
  return request.caller.id;
}

/**
 * The subscriber that the path names, for whatever is the whole subscriber's.
 * @throws Fault NOT_FOUND for one of whom the caller reaches no number, PERMISSION_DENIED for one of whom it reaches some (decision 105)
 */
export async function subscriberOf(request: FastifyRequest, stores: Stores): Promise<Subscriber> {
  const subscriber = await partlyReached(request, stores);
  requireWhole(rangesOf(request), subscriber);
  return subscriber;
}

/** The same for who is to be erased, also before its account was made. @throws Fault, as `subscriberOf` */
export async function erasableOf(request: FastifyRequest, stores: Stores): Promise<Subscriber> {
  const subscriber = present(request, await stores.subscribers.record(subscriberIdOf(request)));
  requireWhole(rangesOf(request), subscriber);
  return subscriber;
}

/**
 * The same as `subscriberOf`, with what decides what its friends are shown: at one moment, and with one question. `id`: where the path names
 * nobody. @throws Fault, as `subscriberOf`
 */
export async function situationOf(
  request: FastifyRequest,
  stores: Stores,
  id: string = subscriberIdOf(request),
): Promise<OwnSituation & { subscriber: Subscriber }> {
  const situation = await stores.situations.own(id);
  const subscriber = reached(request, situation.subscriber);
  requireWhole(rangesOf(request), subscriber);
  return { ...situation, subscriber };
}

/** The subscriber that the path names, though the caller may reach some of its numbers only. @throws Fault NOT_FOUND */
export async function partlyReached(request: FastifyRequest, stores: Stores): Promise<Subscriber> {
  return reached(request, await stores.subscribers.record(subscriberIdOf(request)));
}

/** Whether the whole of this subscriber is within the ranges now: it may have got a number outside them meanwhile. */
export async function isWholeReached(grant: Pick<Grant, 'ranges'>, id: string, stores: Stores): Promise<boolean> {
  const subscriber = await stores.subscribers.record(id);
  return subscriber?.state === 'active' && reachOf(grant, phoneNumbersOf(subscriber)) === 'whole';
}

/** Whoever is not active is nobody to the outside. @throws Fault NOT_FOUND, CONFLICT (its account is ordered and not made yet) */
function reached(request: FastifyRequest, subscriber: Subscriber | undefined): Subscriber {
  const found = present(request, subscriber);
  if (found.ordered)
    throw new Fault('CONFLICT', 'The XMPP account of this subscriber is still being made; try again in a moment.');
  return found;
}

/** Also who is to be active with its account. @throws Fault NOT_FOUND */
function present(request: FastifyRequest, subscriber: Subscriber | undefined): Subscriber {
  const isThere = subscriber?.state === 'active' || subscriber?.ordered;
  if (!isThere || reachOf(rangesOf(request), phoneNumbersOf(subscriber)) === 'none')
    throw new Fault('NOT_FOUND', 'There is no such subscriber.');
  return subscriber;
}

/** Of all subscribers, for as long as their streams are open. */
const EVERY_NUMBER: Pick<Grant, 'ranges'> = { ranges: [] };

/**
 * The caller's number ranges. A subscriber has none, which stands for every number: its token
 * reaches nobody but itself anyway.
 */
export function rangesOf({ caller }: FastifyRequest): Pick<Grant, 'ranges'> {
  if (!caller) throw new Fault('UNAUTHENTICATED', 'Send Authorization: Bearer with a credential or a token.');
  return caller.kind === 'subscriber' ? EVERY_NUMBER : caller;
}

/** For what concerns every subscriber. @throws Fault PERMISSION_DENIED */
export function requireAllRanges({ ranges }: Carrier): void {
  if (ranges.length > 0)
    throw new Fault('PERMISSION_DENIED', 'This concerns every subscriber; it takes a credential without ranges.');
}

/** For an account that the caller names: whoever ties a number to it decides over its roster and its tune. @throws Fault PERMISSION_DENIED */
export function requireLinking({ scopes }: Carrier): void {
  if (!scopes.includes('accounts:link'))
    throw new Fault(
      'PERMISSION_DENIED',
      'To name a jid the credential needs the scope accounts:link; leave jid out, or ask the operator.',
    );
}

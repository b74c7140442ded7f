import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { Fault } from '../../domain/fault.ts';
import { GRACE } from '../../store/due/due.ts';
import { queueOf, wake } from '../../store/due/makes-due.ts';
import {
  isOver,
  isStream,
  MOST_SUBSCRIPTIONS,
  type Subscription,
} from '../../store/subscription/subscription-record.ts';
import { carrierOf } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { Empty, problems } from '../schemas/common.ts';
import {
  NewSubscription,
  SubscriptionList,
  SubscriptionParams,
  SubscriptionView,
  SubscriptionWithSecret,
} from '../schemas/subscriptions.ts';
import { newSecret, toSubscription, toView } from '../subscriptions/subscription-fields.ts';

const tags = ['subscriptions'];
/** Milliseconds for which a secret that was replaced signs beside the new one. */
const BOTH_SIGN = 86_400_000;

/**
 * Subscriptions to events, in the manner of CAMARA's (CAMARA-API-Event-Subscription-and-Notification-Guide, Commonalities r4.2): a
 * credential sees its own only.
 */
export function subscriptionRoutes({ stores, queues, config, now }: Context): FastifyPluginAsyncTypebox {
  const { subscriptions, sinkWork, watched } = stores;

  async function own(request: FastifyRequest, id: string): Promise<Subscription> {
    const found = await subscriptions.get(id);
    // What its owner has deleted is gone for the owner.
    if (
      !found ||
      isStream(found) ||
      found.owner !== carrierOf(request).id ||
      found.ended?.reason === 'SUBSCRIPTION_DELETED'
    )
      throw new Fault('NOT_FOUND', 'There is no such subscription.');
    return found;
  }

  async function viewOf(subscription: Subscription): Promise<Static<typeof SubscriptionView>> {
    const { id } = subscription;
    const [progress, waiting] = await Promise.all([sinkWork.progress(id), sinkWork.waiting(id, now())]);
    return toView(subscription, progress, waiting);
  }

  async function worn(owner: string): Promise<Fault> {
    const free = await subscriptions.firstForgotten(owner);
    return new Fault(
      'CONFLICT',
      `A credential has at most ${MOST_SUBSCRIPTIONS.over} subscriptions that are over and of which the end can still be read, or told; the first of them is forgotten at ${new Date(free).toISOString()}.`,
      Math.max(1, Math.ceil((free - now()) / 1_000)),
    );
  }

  /** Has the job look, and again if that is lost. */
  async function ask(id: string): Promise<void> {
    await stores.due.postpone(queueOf('sinkAsked'), id, now() + GRACE);
    await wake(queues, 'sinkAsked', [id]);
  }

  async function list(request: FastifyRequest) {
    const { id: owner } = carrierOf(request);
    const all = await subscriptions.list();
    const its = all.filter(
      (one) => one.owner === owner && !isStream(one) && one.ended?.reason !== 'SUBSCRIPTION_DELETED',
    );
    return { subscriptions: await Promise.all(its.map(viewOf)) };
  }

  async function show(request: FastifyRequest) {
    const { subscriptionId } = request.params as Static<typeof SubscriptionParams>;
    return viewOf(await own(request, subscriptionId));
  }

  return async (app) => {
    app.post(
      '/subscriptions',
      {
        config: { access: { scope: 'subscriptions:write' } },
        schema: {
          tags,
          operationId: 'createSubscription',
          summary: 'Be told of events by a webhook',
          description:
            'CloudEvents 1.0 in structured JSON mode, signed as Standard Webhooks has it, about subscribers within the ranges of the credential. docs/integrating.md says what each type tells.',
          body: NewSubscription,
          response: { 201: SubscriptionWithSecret, ...problems },
        },
      },
      async (request, reply) => {
        const { subscription, secret } = toSubscription(request.body, carrierOf(request), config, now());
        const { id } = subscription;
        // Whoever dies after it is made has asked for it: the job finds out, and also where it is not made.
        await stores.due.postpone(queueOf('sinkAsked'), id, now() + GRACE);
        const outcome = await subscriptions.create(subscription);
        if (outcome === 'full')
          throw new Fault('CONFLICT', `A credential has at most ${MOST_SUBSCRIPTIONS.each} subscriptions; delete one.`);
        if (outcome === 'worn') throw await worn(subscription.owner);
        if (outcome === 'crowded')
          throw new Fault('UNAVAILABLE', 'There are as many subscriptions as Earshot serves; ask the operator.');
        await watched.begin(id);
        await ask(id);
        return reply.code(201).send({ ...(await viewOf(subscription)), secret });
      },
    );

    app.get(
      '/subscriptions',
      {
        config: { access: { scope: 'subscriptions:read' }, shows: list },
        schema: {
          tags,
          operationId: 'listSubscriptions',
          summary: 'The credential’s own subscriptions',
          response: { 200: SubscriptionList, ...problems },
        },
      },
      list,
    );

    app.get(
      '/subscriptions/:subscriptionId',
      {
        config: { access: { scope: 'subscriptions:read' }, shows: show },
        schema: {
          tags,
          operationId: 'getSubscription',
          summary: 'One subscription: how it goes, and when its sink is tried again',
          params: SubscriptionParams,
          response: { 200: SubscriptionView, ...problems },
        },
      },
      show,
    );

    app.post(
      '/subscriptions/:subscriptionId/rotate',
      {
        config: { access: { scope: 'subscriptions:write' } },
        schema: {
          tags,
          operationId: 'rotateSubscriptionSecret',
          summary: 'A new secret; the one before signs beside it for a day',
          params: SubscriptionParams,
          response: { 200: SubscriptionWithSecret, ...problems },
        },
      },
      async (request) => {
        const { id } = await own(request, request.params.subscriptionId);
        const { secret, sealed } = newSecret(config.secretsKey, id);
        const time = now();
        const rotated = await subscriptions.change(id, (one) => {
          if (isOver(one)) return undefined;
          const before = one.secrets
            .map((old) => ({ ...old, until: Math.min(old.until ?? time + BOTH_SIGN, time + BOTH_SIGN) }))
            .filter(({ until }) => until > time);
          // Each signs every event.
          return { ...one, secrets: [{ sealed }, ...before.slice(0, 1)] };
        });
        if (!rotated) throw new Fault('CONFLICT', 'The subscription is over.');
        return { ...(await viewOf(rotated)), secret };
      },
    );

    app.delete(
      '/subscriptions/:subscriptionId',
      {
        config: { access: { scope: 'subscriptions:write' } },
        schema: {
          tags,
          operationId: 'deleteSubscription',
          summary: 'End a subscription, at once; its sink is told so',
          params: SubscriptionParams,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await own(request, request.params.subscriptionId);
        await subscriptions.change(id, (one) => ({
          ...one,
          status: 'DELETED',
          ended: { reason: 'SUBSCRIPTION_DELETED', at: one.ended?.at ?? now() },
        }));
        await ask(id);
        return reply.code(204).send(null);
      },
    );
  };
}

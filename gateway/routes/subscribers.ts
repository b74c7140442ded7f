import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Fault } from '../../domain/fault.ts';
import type { Subscriber } from '../../store/subscriber-record.ts';
import { carrierOf, requireLinking, requireReach, subscriberOf } from '../auth.ts';
import type { Context } from '../context.ts';
import { createSubscriber } from '../new-subscriber.ts';
import {
  CreatedSubscriber,
  Empty,
  NewSubscriber,
  NumberQuery,
  problems,
  SubscriberParams,
  SubscriberPatch,
  SubscriberView,
} from '../schemas.ts';
import { rename, toDisplayName, toE164 } from '../subscriber-fields.ts';

const tags = ['subscribers'];

/** Subscribers: who is known to the service. */
export function subscriberRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores, queues, numberKeyOf, now } = context;

  return async (app) => {
    app.post(
      '/subscribers',
      {
        config: { access: { scope: 'subscribers:write' } },
        schema: {
          tags,
          summary: 'Add a subscriber',
          body: NewSubscriber,
          response: { 201: CreatedSubscriber, ...problems },
        },
      },
      async (request, reply) => {
        const { phoneNumber, displayName, jid } = request.body;
        const number = toE164(phoneNumber);
        requireReach(carrierOf(request), number);
        if (jid !== undefined) requireLinking(carrierOf(request));
        const name = toDisplayName(displayName);
        const { subscriber, password } = await createSubscriber(context, number, name, jid);
        request.subject = subscriber.id;
        return reply.code(201).send({ ...toView(subscriber), ...(password === undefined ? {} : { password }) });
      },
    );

    app.post(
      '/subscribers/retrieve',
      {
        config: { access: { scope: 'subscribers:read' } },
        schema: {
          tags,
          summary: 'Find a subscriber by number',
          body: NumberQuery,
          response: { 200: SubscriberView, ...problems },
        },
      },
      async (request) => {
        const number = toE164(request.body.phoneNumber);
        requireReach(carrierOf(request), number);
        const [id] = await stores.directory.owners([numberKeyOf(number)]);
        const subscriber = id === undefined ? undefined : await stores.subscribers.get(id);
        if (!subscriber) throw new Fault('NOT_FOUND', 'No subscriber has this number.');
        request.subject = subscriber.id;
        return toView(subscriber);
      },
    );

    app.get(
      '/subscribers/:subscriberId',
      {
        config: { access: { scope: 'subscribers:read', self: true } },
        schema: {
          tags,
          summary: 'Read a subscriber',
          params: SubscriberParams,
          response: { 200: SubscriberView, ...problems },
        },
      },
      async (request) => toView(await subscriberOf(request, stores)),
    );

    app.patch(
      '/subscribers/:subscriberId',
      {
        config: { access: { scope: 'subscribers:write' } },
        schema: {
          tags,
          summary: 'Change the number or the display name',
          params: SubscriberParams,
          body: SubscriberPatch,
          response: { 200: SubscriberView, ...problems },
        },
      },
      async (request) => {
        const subscriber = await subscriberOf(request, stores);
        const { phoneNumber, displayName } = request.body;
        const number = phoneNumber === undefined ? subscriber.phoneNumber : toE164(phoneNumber);
        requireReach(carrierOf(request), number);
        await changeNumber(context, subscriber, number);
        if (displayName !== undefined) await rename(context, subscriber, toDisplayName(displayName));
        return toView(await subscriberOf(request, stores));
      },
    );

    app.delete(
      '/subscribers/:subscriberId',
      {
        config: { access: { scope: 'subscribers:write' } },
        schema: {
          tags,
          summary: 'Remove a subscriber: roster items, tune, book and tokens go with it',
          params: SubscriberParams,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        await stores.subscribers.leave(id, now());
        await stores.tokens.revokeAll(id);
        await stores.applicationPasswords.revokeAll(id);
        await stores.nowPlaying.stop(id, undefined, now());
        await queues.enqueue('tune', [id]);
        await queues.enqueue('reconcile', [id]);
        await queues.enqueue('listen', [id]);
        await stores.events.tell(id, { what: 'gone' });
        return reply.code(204).send(null);
      },
    );
  };
}

async function changeNumber(
  { stores, queues, numberKeyOf, now }: Context,
  subscriber: Subscriber,
  phoneNumber: string,
): Promise<void> {
  if (phoneNumber === subscriber.phoneNumber) return;
  const outcome = await stores.subscribers.changeNumber(subscriber.id, phoneNumber, numberKeyOf(phoneNumber), now());
  if (outcome === 'number-taken') throw new Fault('ALREADY_EXISTS', 'Another subscriber has this number.');
  if (outcome === 'gone') throw new Fault('NOT_FOUND', 'There is no such subscriber.');
  await queues.enqueue('reconcile', [subscriber.id]);
}

function toView({ id, phoneNumber, jid, displayName }: Subscriber) {
  return { subscriberId: id, phoneNumber, jid, displayName };
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import { removeSubscriber } from '../../service/subscriber/departure.ts';
import { createSubscriber } from '../../service/subscriber/new-subscriber.ts';
import { renumbered, requireReach, requireWhole } from '../../service/subscriber/reach.ts';
import {
  changeIdentity,
  isActiveOrOrdered,
  rename,
  subscriberWith,
  toDisplayName,
  toE164,
  toE164s,
  toJid,
} from '../../service/subscriber/subscriber-fields.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { carrierOf, erasableOf, partlyReached, rangesOf, requireLinking } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { hasCondition, presentOf, requireCondition } from '../http/conditions.ts';
import { Empty, NumberQuery, notThere, problems, SubscriberParams } from '../schemas/common.ts';
import { CreatedSubscriber, NewSubscriber, SubscriberPatch, SubscriberView } from '../schemas/subscribers.ts';
import { subscriberView, wholeView } from '../subscribers/subscriber-view.ts';

const tags = ['subscribers'];
const PARTLY = 'Of one that has numbers outside the credential’s ranges, too, it sees its own numbers only.';

/** Subscribers: who is known to the service. */
export function subscriberRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores } = context;

  const show = async (request: FastifyRequest) =>
    subscriberView(rangesOf(request), await partlyReached(request, stores));

  return async (app) => {
    app.post(
      '/subscribers',
      {
        config: { access: { scope: 'subscribers:write' } },
        schema: {
          tags,
          operationId: 'addSubscriber',
          summary: 'Add a subscriber',
          body: NewSubscriber,
          response: { 201: CreatedSubscriber, ...problems },
        },
      },
      async (request, reply) => {
        const { phoneNumber, otherPhoneNumbers, displayName, jid } = request.body;
        const numbers = toE164s(phoneNumber, otherPhoneNumbers);
        for (const number of numbers) requireReach(carrierOf(request), number);
        if (jid !== undefined) requireLinking(carrierOf(request));
        const name = toDisplayName(displayName);
        const { subscriber, password } = await createSubscriber(context, numbers, name, jid, {
          home: carrierOf(request).home,
        });
        request.subject = subscriber.id;
        return reply.code(201).send({ ...wholeView(subscriber), ...(password === undefined ? {} : { password }) });
      },
    );

    app.post(
      '/subscribers/retrieve',
      {
        config: { access: { scope: 'subscribers:read' } },
        schema: {
          tags,
          operationId: 'findSubscriber',
          summary: 'Find a subscriber by any of its numbers',
          description: PARTLY,
          body: NumberQuery,
          response: { 200: SubscriberView, ...notThere, ...problems },
        },
      },
      async (request) => {
        const number = toE164(request.body.phoneNumber);
        const carrier = carrierOf(request);
        requireReach(carrier, number);
        const subscriber = await subscriberWith(context, number, isActiveOrOrdered);
        if (!subscriber) throw new Fault('NOT_FOUND', 'No subscriber has this number.');
        if (subscriber.ordered)
          throw new Fault(
            'CONFLICT',
            'The XMPP account of this subscriber is still being made; try again in a moment.',
          );
        request.subject = subscriber.id;
        return subscriberView(carrier, subscriber);
      },
    );

    app.get(
      '/subscribers/:subscriberId',
      {
        config: { access: { scope: 'subscribers:read', self: true }, shows: show },
        schema: {
          tags,
          operationId: 'getSubscriber',
          summary: 'Read a subscriber',
          description: PARTLY,
          params: SubscriberParams,
          response: { 200: SubscriberView, ...problems },
        },
      },
      show,
    );

    app.patch(
      '/subscribers/:subscriberId',
      {
        config: { access: { scope: 'subscribers:write' }, compares: true },
        schema: {
          tags,
          operationId: 'changeSubscriber',
          summary: 'Change the numbers, the JID or the display name',
          description:
            'With another JID friends’ rosters and the tune follow to the new account, and what Earshot did in the old one is undone; where the operator has several homes, also to another one, which begins when the former has undone it. Numbers outside the credential’s ranges stay as they are.',
          params: SubscriberParams,
          body: SubscriberPatch,
          response: { 200: SubscriberView, ...problems },
        },
      },
      async (request) => {
        const subscriber = await partlyReached(request, stores);
        const { phoneNumber, otherPhoneNumbers, jid, displayName } = request.body;
        const carrier = carrierOf(request);
        if (jid !== undefined) requireLinking(carrier);
        if (displayName !== undefined) requireWhole(carrier, subscriber);
        const moved = jid === undefined ? undefined : toJid(jid, context.config.homes);
        const requireUnchanged = (present: Subscriber) =>
          requireCondition(request, presentOf(subscriberView(carrier, present)));
        requireUnchanged(subscriber);
        await changeIdentity(context, subscriber.id, (present) => {
          requireUnchanged(present);
          if (moved !== undefined) requireWhole(carrier, present);
          const phoneNumbers = renumbered(carrier, present, { primary: phoneNumber, others: otherPhoneNumbers });
          return { phoneNumbers, jid: moved ?? present.jid };
        });
        if (displayName !== undefined)
          await rename(context, subscriber, toDisplayName(displayName), hasCondition(request));
        return subscriberView(carrier, await partlyReached(request, stores));
      },
    );

    app.delete(
      '/subscribers/:subscriberId',
      {
        config: { access: { scope: 'subscribers:write' } },
        schema: {
          tags,
          operationId: 'removeSubscriber',
          summary: 'Remove a subscriber: roster items, tune, book and tokens go with it',
          description:
            'Also one of an import whose XMPP account is still to be made: none is made any more, or it goes as soon as it is there.',
          params: SubscriberParams,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await erasableOf(request, stores);
        await removeSubscriber(context, id);
        return reply.code(204).send(null);
      },
    );
  };
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Fault } from '../../domain/fault.ts';
import { takeTurns } from '../../runtime/turns.ts';
import { beginStream } from '../../service/telling/streams.ts';
import { auditAnswer } from '../access/audit.ts';
import { carrierOf } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { account } from '../http/correlator.ts';
import { takeOver } from '../live/taken-over.ts';
import { problems } from '../schemas/common.ts';
import { CarrierEvents, EventsHeaders, EventsQuery } from '../schemas/event-streams.ts';
import { readBookmark } from '../streams/bookmark.ts';
import { createPlaces } from '../streams/places.ts';
import { createStreams } from '../streams/streams.ts';
import { kindsOf } from '../streams/wanted.ts';

/** Event streams of credentials that one process holds: one of each, so that there are as many credentials. */
export const MOST_CARRIER_STREAMS = 500;

/** What subscriptions tell a webhook, told to whoever is connected (decision 242). `closing` ends every stream. */
export function eventRoutes(context: Context, closing: AbortSignal): FastifyPluginAsyncTypebox {
  const streams = createStreams(context);
  const places = createPlaces(MOST_CARRIER_STREAMS);
  closing.addEventListener('abort', streams.stop);

  return async (app) => {
    app.get(
      '/events',
      {
        config: { access: { scope: 'subscriptions:write' }, stays: true, untagged: true },
        exposeHeadRoute: false,
        schema: {
          tags: ['subscriptions'],
          operationId: 'streamEvents',
          summary: 'Events about all subscribers in range, live, as Server-Sent Events',
          description:
            'What a subscription tells its sink, as messages of a stream: CloudEvents 1.0 in structured JSON mode, without signatures. Each credential has one stream: whoever opens it again takes it over, and the other one is told `replaced` and ends. With `Last-Event-ID`, as clients send it by themselves, it goes on from there.',
          querystring: EventsQuery,
          headers: EventsHeaders,
          response: { 200: CarrierEvents, ...problems },
        },
      },
      async (request, reply) => {
        await takeTurns();
        const { query, headers } = request;
        const carrier = carrierOf(request);
        const kinds = kindsOf(query.types, carrier);
        const isAllowed = request.keepRights();
        const place = places.take();
        try {
          await auditAnswer(context, request, 200);
          const begun = await beginStream(context, {
            ...{ owner: carrier.id, kinds, initial: query.initial ?? false },
            bookmark: readBookmark(headers['last-event-id']),
          });
          if (!begun)
            throw new Fault('UNAVAILABLE', 'There are as many subscriptions as Earshot serves; ask the operator.');
          // All that were open have ended by now, and nobody would end this one.
          if (closing.aborted) throw new Fault('UNAVAILABLE', 'This gateway ends; go on at once at another.');
          context.metrics.streams.inc();
          account(request, reply, context.metrics);
          streams.open({ begun, isAllowed, start: takeOver(reply), left: place.leave });
        } catch (err) {
          place.leave();
          throw err;
        }
      },
    );
  };
}

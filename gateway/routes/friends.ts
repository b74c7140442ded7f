import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { friendViews } from '../../service/friend-views.ts';
import { subscriberOf } from '../auth.ts';
import { withAvatars } from '../avatars.ts';
import type { Context } from '../context.ts';
import { friendStream, type ServerEvent } from '../friend-stream.ts';
import { problems, SubscriberParams } from '../schemas/common.ts';
import { FriendsView } from '../schemas/friends.ts';

/** Milliseconds after which a client that lost the stream should come back. */
const RETRY = 2_000;
const tags = ['friends'];

/** What a subscriber's friends play. `closing` ends every stream. */
export function friendRoutes(context: Context, closing: AbortSignal): FastifyPluginAsyncTypebox {
  const { stores, metrics, now } = context;

  return async (app) => {
    app.get(
      '/subscribers/:subscriberId/friends',
      {
        config: { access: { scope: 'friends:read', self: true } },
        schema: {
          tags,
          summary: 'Friends, and what they play now',
          params: SubscriberParams,
          response: { 200: FriendsView, ...problems },
        },
      },
      async (request) => {
        const { id } = await subscriberOf(request, stores);
        const views = await friendViews(stores, id, await stores.friends.list(id), now());
        return { friends: await withAvatars(context, id, views) };
      },
    );

    app.get(
      '/subscribers/:subscriberId/friends/events',
      {
        config: { access: { scope: 'friends:read', self: true } },
        exposeHeadRoute: false,
        schema: {
          tags,
          summary: 'The same, live, as Server-Sent Events',
          description:
            'First `friends` with everything, then `now-playing`, `presence`, `friend-added` and `friend-removed`. A client that reconnects gets `friends` anew.',
          params: SubscriberParams,
          response: {
            200: { description: 'An event stream', content: { 'text/event-stream': { schema: { type: 'string' } } } },
            ...problems,
          },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const gone = new AbortController();
        request.raw.once('close', () => gone.abort());
        metrics.streams.inc();
        const signal = AbortSignal.any([gone.signal, closing]);
        const events = friendStream(context, id, signal, () => request.isStillAllowed());
        const lines = Readable.from(toLines(events), { objectMode: false });
        return reply
          .type('text/event-stream')
          .header('cache-control', 'no-store')
          .header('x-accel-buffering', 'no')
          .send(lines);
      },
    );
  };
}

async function* toLines(events: AsyncIterable<ServerEvent | undefined>): AsyncGenerator<string> {
  yield `retry: ${RETRY}\n\n`;
  for await (const event of events)
    yield event ? `event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n` : ': heartbeat\n\n';
}

import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import { friendViews } from '../../service/friendship/friend-views.ts';
import { rangesOf, subscriberOf } from '../access/auth.ts';
import { networkOf } from '../access/network.ts';
import type { Context } from '../context.ts';
import { withAvatars } from '../friends/avatars.ts';
import { createEventStreams, type Opener } from '../friends/event-streams.ts';
import { hideNumber, hideNumbers } from '../friends/friend-numbers.ts';
import { friendStream, type ServerEvent } from '../friends/friend-stream.ts';
import { jsonList } from '../http/json-list.ts';
import { problems, SubscriberParams } from '../schemas/common.ts';
import { FriendsView, FriendView } from '../schemas/friends.ts';

/** Milliseconds after which a client that lost the stream should come back. */
const RETRY = 2_000;
/** The same for one that had to make room for another of its subscriber, and how long it has to take this in. */
const RETRY_REPLACED = 60_000;
const GRACE = 5_000;
/** Milliseconds for which a client may leave untaken what it was sent. */
const STALLED = 60_000;
const JSON_TYPE = 'application/json; charset=utf-8';
/** One object, as what is compiled of it is remembered by it. */
const ONE_FRIEND = { ...FriendView };
const tags = ['friends'];

/** What a subscriber's friends play. `closing` ends every stream. */
export function friendRoutes(context: Context, closing: AbortSignal): FastifyPluginAsyncTypebox {
  const { stores, metrics, now } = context;
  const streams = createEventStreams(context.config.edge.limits.streamsOfAddress);

  /** The caller, and the subscriber, who may have got a number outside the caller's ranges meanwhile. */
  async function mayStillFollow(request: FastifyRequest): Promise<boolean> {
    if (!(await request.isStillAllowed())) return false;
    return subscriberOf(request, stores).then(
      () => true,
      (err) => !(err instanceof Fault),
    );
  }

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
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const views = await friendViews(stores, id, await stores.friends.list(id), now());
        const friends = await withAvatars(context, id, views);
        const shown = friends.map((view) => hideNumber(rangesOf(request), view));
        const serialize = reply.compileSerializationSchema(ONE_FRIEND);
        const pieces = jsonList('friends', shown, serialize);
        return reply.type(JSON_TYPE).send(Readable.from(pieces, { objectMode: false }));
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
            'First `friends` with everything, then `now-playing`, `presence`, `friend-added` and `friend-removed`. A client that reconnects gets `friends` anew. Of more than ten streams of a subscriber the oldest is told `replaced` and ends.',
          params: SubscriberParams,
          response: {
            200: { description: 'An event stream', content: { 'text/event-stream': { schema: { type: 'string' } } } },
            ...problems,
          },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const { replaced, leave } = streams.open(openerOf(request, id));
        const gone = new AbortController();
        whenClosed(reply.raw, () => {
          leave();
          gone.abort();
        });
        // A client that takes nothing never sees the end.
        reply.raw.setTimeout(STALLED);
        replaced.addEventListener('abort', () => setTimeout(() => reply.raw.destroy(), GRACE).unref());
        metrics.streams.inc();
        const signal = AbortSignal.any([gone.signal, closing, replaced]);
        const events = friendStream(context, id, signal, () => mayStillFollow(request));
        const lines = toLines(hideNumbers(rangesOf(request), events), replaced);
        return reply
          .type('text/event-stream')
          .header('cache-control', 'no-store')
          .header('x-accel-buffering', 'no')
          .send(Readable.from(lines, { objectMode: false }));
      },
    );
  };
}

/** The address of a carrier's own servers does not count, as with its other calls. */
function openerOf({ caller, ip }: FastifyRequest, subscriber: string): Opener {
  if (caller?.kind !== 'subscriber') return { subscriber, token: caller?.id ?? '', address: undefined };
  return { subscriber, token: caller.tokenId ?? '', address: networkOf(ip) };
}

function whenClosed(response: ServerResponse, then: () => void): void {
  if (response.destroyed) then();
  else response.once('close', then);
}

async function* toLines(events: AsyncIterable<ServerEvent | undefined>, replaced: AbortSignal): AsyncGenerator<string> {
  yield `retry: ${RETRY}\n\n`;
  for await (const event of events) {
    if (event?.event === 'friends') yield* allFriends(event.data as { friends: readonly unknown[] });
    else yield event ? toLine(event) : ': heartbeat\n\n';
  }
  if (replaced.aborted) yield `retry: ${RETRY_REPLACED}\n${toLine({ event: 'replaced', data: {} })}`;
}

/** The first event, with every friend's picture. */
async function* allFriends({ friends }: { friends: readonly unknown[] }): AsyncGenerator<string> {
  yield 'event: friends\ndata: ';
  yield* jsonList('friends', friends);
  yield '\n\n';
}

function toLine({ event, data }: ServerEvent): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

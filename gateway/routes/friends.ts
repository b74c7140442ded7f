import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { takeTurns } from '../../runtime/turns.ts';
import { friendViews } from '../../service/friendship/friend-views.ts';
import type { Friend } from '../../store/friendship/friends.ts';
import { auditAnswer } from '../access/audit.ts';
import { isWholeReached, rangesOf, subscriberOf } from '../access/auth.ts';
import { networkOf } from '../access/network.ts';
import { jsonList } from '../body/json-list.ts';
import type { Context } from '../context.ts';
import { createEventStreams, type Opener } from '../friends/event-streams.ts';
import { hideNumber } from '../friends/friend-numbers.ts';
import { createListeners, type Stream } from '../friends/listeners.ts';
import { withPictures } from '../friends/pictures.ts';
import { account } from '../http/correlator.ts';
import { takeOver } from '../live/taken-over.ts';
import { problems, SubscriberParams } from '../schemas/common.ts';
import { FriendEvents, FriendsQuery, FriendsView, FriendView } from '../schemas/friends.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
/** One object, as what is compiled of it is remembered by it. */
const ONE_FRIEND = { ...FriendView };
const tags = ['friends'];

/** What a subscriber's friends play. `closing` ends every stream. */
export function friendRoutes(context: Context, closing: AbortSignal): FastifyPluginAsyncTypebox {
  const { stores, metrics, now } = context;
  const listeners = createListeners(context);
  closing.addEventListener('abort', listeners.stop);
  const streams = createEventStreams(context.config.edge.limits.streamsOfAddress);

  /** The caller, and the subscriber of a carrier, who may have got a number outside its ranges meanwhile. Holds nothing of the request. */
  function rightsOf(request: FastifyRequest, id: string): () => Promise<boolean> {
    const [isAllowed, grant] = [request.keepRights(), rangesOf(request)];
    // A token ends with its subscriber.
    if (request.caller?.kind === 'subscriber') return isAllowed;
    return async () => (await isAllowed()) && isWholeReached(grant, id, stores).catch(() => true);
  }

  /** All are asked about once more with what they play; of a page the next one must not begin at somebody who is none. */
  function friendsFor(id: string, { limit }: Static<typeof FriendsQuery>): Promise<Friend[]> {
    return limit === undefined ? stores.shownFriends.own(id) : stores.shownFriends.list(id);
  }

  return async (app) => {
    app.get(
      '/subscribers/:subscriberId/friends',
      {
        config: { access: { scope: 'friends:read', self: true }, untagged: true },
        schema: {
          tags,
          operationId: 'listFriends',
          summary: 'Friends, and what they play now',
          params: SubscriberParams,
          querystring: FriendsQuery,
          response: { 200: FriendsView, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const { page, next } = pageOf(await friendsFor(id, request.query), request.query);
        const views = await friendViews(stores, id, page, now());
        const friends = await withPictures(context, id, views);
        const shown = friends.map((view) => hideNumber(rangesOf(request), view));
        const serialize = reply.compileSerializationSchema(ONE_FRIEND);
        const pieces = jsonList('friends', shown, serialize, next === undefined ? {} : { next });
        return reply.type(JSON_TYPE).send(Readable.from(pieces, { objectMode: false }));
      },
    );

    app.get(
      '/subscribers/:subscriberId/friends/events',
      {
        config: { access: { scope: 'friends:read', self: true }, stays: true, untagged: true },
        exposeHeadRoute: false,
        schema: {
          tags,
          operationId: 'streamFriends',
          summary: 'The same, live, as Server-Sent Events',
          description:
            'First `friends` with everything, then `now-playing`, `presence`, `friend-added` and `friend-removed`. A client that reconnects gets `friends` anew. Of more than ten streams of a subscriber the oldest is told `replaced` and ends.',
          params: SubscriberParams,
          response: {
            200: FriendEvents,
            ...problems,
          },
        },
      },
      async (request, reply) => {
        // A thousand may come in the same moment, after a restart, and what they ask of Redis is answered at once.
        await takeTurns();
        const { id } = await subscriberOf(request, stores);
        await auditAnswer(context, request, 200);
        await takeTurns();
        let stream: Stream | undefined;
        const place = streams.open(openerOf(request, id), () => stream?.replace());
        metrics.streams.inc();
        account(request, reply, metrics);
        stream = listeners.open({
          id,
          grant: rangesOf(request),
          isAllowed: rightsOf(request, id),
          start: takeOver(reply),
          left: place.leave,
        });
      },
    );
  };
}

/** In the order of their ids, which is the one that stays while others come and go. */
function pageOf(friends: readonly Friend[], { limit = friends.length, cursor = '' }: Static<typeof FriendsQuery>) {
  const rest = friends.filter(({ id }) => id > cursor).sort((a, b) => (a.id < b.id ? -1 : 1));
  const page = rest.slice(0, limit);
  return { page, next: rest.length > page.length ? page.at(-1)?.id : undefined };
}

/** The address of a carrier's own servers does not count, as with its other calls. */
function openerOf({ caller, ip }: FastifyRequest, subscriber: string): Opener {
  if (caller?.kind !== 'subscriber') return { subscriber, token: caller?.id ?? '', address: undefined };
  return { subscriber, token: caller.tokenId ?? '', address: networkOf(ip) };
}

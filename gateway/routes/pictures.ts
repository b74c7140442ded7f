import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { onlineOf } from '../../domain/account/presence.ts';
import { Fault } from '../../domain/fault.ts';
import { friendView } from '../../service/friendship/friend-views.ts';
import { subscriberOf } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { pictureOf } from '../friends/pictures.ts';
import { quoted } from '../http/entity-tags.ts';
import { problems, SubscriberParams } from '../schemas/common.ts';
import { Picture } from '../schemas/friends.ts';

/** The URL of a picture names which it is, so it stays what it is; a day, so that it outlives no friendship for long. */
const KEPT = 'private, max-age=86400, immutable';
/** For a URL that names another one, or none. */
const ASKED_FOR = 'private, no-cache';

const Params = Type.Object({
  ...SubscriberParams.properties,
  friendId: Type.String({ maxLength: 64, description: 'The friend’s subscriber id, as the list of friends has it' }),
});
const Query = Type.Object({ v: Type.Optional(Type.String({ maxLength: 64, description: 'Which picture' })) });

/** Friends' pictures: each is fetched once, and is in no list and no stream (decision 168). */
export function pictureRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores } = context;
  return async (app) => {
    app.get(
      '/subscribers/:subscriberId/friends/:friendId/avatar',
      {
        config: { access: { scope: 'friends:read', self: true } },
        schema: {
          tags: ['friends'],
          operationId: 'getFriendAvatar',
          summary: 'A friend’s picture',
          description: 'Where `avatar` of a friend points. It can be kept: another picture has another URL.',
          params: Params,
          querystring: Query,
          response: { 200: Picture, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const { friendId } = request.params;
        const [[friend], [record]] = await Promise.all([
          stores.shownFriends.among(id, [friendId]),
          stores.subscribers.records([friendId]),
        ]);
        const found = friend && (await pictureOf(context, id, friendView(friend, record, onlineOf([]), undefined)));
        if (!found) throw new Fault('NOT_FOUND', 'There is no such friend, or it has no picture.');
        const { image, type, version } = found;
        return reply
          .type(type)
          .headers({ etag: quoted(version), vary: 'authorization' })
          .header('cache-control', request.query.v === version ? KEPT : ASKED_FOR)
          .send(image);
      },
    );
  };
}

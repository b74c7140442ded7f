import { type TSchema, Type } from 'typebox';
import { FEWEST_FRIENDS } from '../../domain/playing/popular.ts';
import { eventStreamOf, Kind, NoOptions, named, oneOf, orNull } from './common.ts';
import { FriendTune } from './now-playing.ts';

export const FriendView = named(
  'Friend',
  Type.Object({
    subscriberId: Type.String(),
    name: Type.String({ description: 'As in the subscriber’s own book' }),
    phoneNumber: orNull(Type.String({ description: 'Null unless the own book holds it' })),
    jid: Type.String(),
    online: Type.Boolean(),
    availability: oneOf(['online', 'away', 'busy', 'offline'], {
      description: 'Of the connected client with the highest priority',
    }),
    status: orNull(Type.String({ description: 'The signature: the presence status; null while offline' })),
    avatar: orNull(
      Type.String({
        description:
          'The URL of the picture, from the root: the friend’s own published avatar, or else the photo in the subscriber’s own book. Another picture has another URL',
      }),
    ),
    nowPlaying: orNull(FriendTune),
  }),
);

const image = { schema: { type: 'string', format: 'binary' } };

export const Picture = {
  description: 'A JPEG, PNG, GIF or WebP image, at most 64 kB',
  content: { 'image/jpeg': image, 'image/png': image, 'image/gif': image, 'image/webp': image },
};

export const FriendsQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: 'Of a page; everybody at once unless told' }),
    ),
    cursor: Type.Optional(Type.String({ pattern: '^[\\w-]{1,64}$', description: '`next` of the page before' })),
  },
  { additionalProperties: false },
);

export const FriendsView = named(
  'FriendList',
  Type.Object({
    friends: Type.Array(FriendView),
    next: Type.Optional(Type.String({ description: 'There are more: ask again with this as cursor.' })),
  }),
);

export const Piece = Type.Object({
  kind: Kind,
  title: Type.String(),
  artist: Type.Optional(Type.String()),
  uri: Type.Optional(Type.String()),
});

export const PopularView = named(
  'PopularPieces',
  Type.Object({
    popular: Type.Array(
      Type.Object({
        ...Piece.properties,
        friends: Type.Integer({ minimum: FEWEST_FRIENDS, description: 'How many friends have played it' }),
      }),
      { description: 'Most friends first, then the newest' },
    ),
  }),
);

const { subscriberId, online, availability, status, avatar } = FriendView.properties;

/** A message of the stream of friends. */
function event<const T extends string>(name: string, type: T, data: TSchema) {
  return named(name, Type.Object({ event: oneOf([type]), data }));
}

export const FriendEvent = named(
  'FriendEvent',
  Type.Union([
    event('FriendsEvent', 'friends', FriendsView),
    event('NowPlayingEvent', 'now-playing', Type.Object({ subscriberId, nowPlaying: orNull(FriendTune) })),
    event(
      'PresenceEvent',
      'presence',
      Type.Object({ subscriberId, online, availability, status, avatar: Type.Optional(avatar) }),
    ),
    event('FriendAddedEvent', 'friend-added', FriendView),
    event('FriendRemovedEvent', 'friend-removed', Type.Object({ subscriberId })),
    event('ReplacedEvent', 'replaced', NoOptions),
  ]),
);

export const FriendEvents = eventStreamOf(FriendEvent);

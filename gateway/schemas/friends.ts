import { Type } from 'typebox';
import { FEWEST_FRIENDS } from '../../domain/playing/popular.ts';
import { Kind, orNull } from './common.ts';
import { FriendTune } from './now-playing.ts';

export const FriendView = Type.Object({
  subscriberId: Type.String(),
  name: Type.String({ description: 'As in the subscriber’s own book' }),
  phoneNumber: orNull(Type.String({ description: 'Null unless the own book holds it' })),
  jid: Type.String(),
  online: Type.Boolean(),
  availability: Type.Union(
    [Type.Literal('online'), Type.Literal('away'), Type.Literal('busy'), Type.Literal('offline')],
    { description: 'Of the connected client with the highest priority' },
  ),
  status: orNull(Type.String({ description: 'The signature: the presence status; null while offline' })),
  avatar: orNull(
    Type.String({
      description:
        'The URL of the picture, from the root: the friend’s own published avatar, or else the photo in the subscriber’s own book. Another picture has another URL',
    }),
  ),
  nowPlaying: orNull(FriendTune),
});

const image = { schema: { type: 'string', format: 'binary' } };

export const Picture = {
  description: 'A JPEG, PNG, GIF or WebP image, at most 64 kB',
  content: { 'image/jpeg': image, 'image/png': image, 'image/gif': image, 'image/webp': image },
};

export const FriendsView = Type.Object({ friends: Type.Array(FriendView) });

export const Piece = Type.Object({
  kind: Kind,
  title: Type.String(),
  artist: Type.Optional(Type.String()),
  uri: Type.Optional(Type.String()),
});

export const PopularView = Type.Object({
  popular: Type.Array(
    Type.Object({
      ...Piece.properties,
      friends: Type.Integer({ minimum: FEWEST_FRIENDS, description: 'How many friends have played it' }),
    }),
    { description: 'Most friends first, then the newest' },
  ),
});

import { Type } from 'typebox';
import { FAULT_CODES } from '../../domain/fault.ts';
import { Kind, named, oneOf, orNull, Time } from './common.ts';

const Text = Type.String({ minLength: 1, maxLength: 1024 });

/** The device of who names none. */
export const DEFAULT_DEVICE = 'default';

export const Device = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[\\x21-\\x7e]+$',
  description: 'Which of the subscriber’s devices plays.',
});

export const TuneBody = named(
  'NewTune',
  Type.Object(
    {
      kind: Kind,
      title: Text,
      artist: Type.Optional(Text),
      source: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, description: 'Album, site or channel' })),
      track: Type.Optional(
        Type.String({ minLength: 1, maxLength: 1024, description: 'Number or URI within the source' }),
      ),
      length: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 65_535, description: 'Seconds; leave it out for a stream.' }),
      ),
      rating: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
      uri: Type.Optional(Text),
      device: Type.Optional(Device),
      position: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: 65_535,
          description: 'Seconds of the piece that have been played: `since` and the end follow from it.',
        }),
      ),
      state: Type.Optional(
        oneOf(['playing', 'paused'], {
          description: '`playing` unless told. Paused, the device plays nothing until it says that it plays.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
);

export const TuneAccepted = named(
  'TuneAccepted',
  Type.Object({
    expiresAt: Type.String({ ...Time, description: 'When it ends, if nothing more is said; of a pause, at once' }),
  }),
);

const tuneView = {
  kind: Kind,
  title: Type.String(),
  artist: Type.Optional(Type.String()),
  source: Type.Optional(Type.String()),
  track: Type.Optional(Type.String()),
  length: Type.Optional(Type.Integer()),
  rating: Type.Optional(Type.Integer()),
  uri: Type.Optional(Type.String()),
  since: Type.String({
    ...Time,
    description:
      'When it began, or would have begun to be where its device has said that it is; of a repeat, when that began',
  }),
  expiresAt: Time,
};

export const OwnTune = named(
  'OwnTune',
  Type.Object({
    ...tuneView,
    device: Type.String({ description: 'Which of the subscriber’s devices plays it' }),
    player: Type.Optional(Type.String({ description: 'What that player calls itself, or its owner calls it' })),
    shared: Type.Boolean({ description: 'False while privacy settings keep it from everybody' }),
  }),
);

export const FriendTune = named('Tune', Type.Object(tuneView));

export const DeviceQuery = Type.Object({ device: Type.Optional(Device) }, { additionalProperties: false });

/** Subscribers of one call about many. */
const MOST = 100;

const SubscriberId = Type.String({ minLength: 1, maxLength: 64 });
const refusal = {
  code: Type.Optional(oneOf(FAULT_CODES, { description: 'Why it was refused; absent where all is well' })),
  detail: Type.Optional(Type.String()),
};

export const NewTunes = named(
  'NewTunes',
  Type.Object(
    {
      tunes: Type.Array(
        named(
          'SubscriberTune',
          Type.Object({ subscriberId: SubscriberId, ...TuneBody.properties }, { additionalProperties: false }),
        ),
        { minItems: 1, maxItems: MOST },
      ),
    },
    { additionalProperties: false },
  ),
);

export const TunesAccepted = named(
  'TunesAccepted',
  Type.Object({
    results: Type.Array(Type.Object({ subscriberId: Type.String(), expiresAt: Type.Optional(Time), ...refusal }), {
      description: 'Of each tune, in the order in which they were sent',
    }),
  }),
);

export const TunesQuestion = named(
  'TunesQuestion',
  Type.Object(
    { subscriberIds: Type.Array(SubscriberId, { minItems: 1, maxItems: MOST, uniqueItems: true }) },
    { additionalProperties: false },
  ),
);

export const TunesView = named(
  'TunesPlaying',
  Type.Object({
    results: Type.Array(
      Type.Object({ subscriberId: Type.String(), nowPlaying: Type.Optional(orNull(OwnTune)), ...refusal }),
      { description: 'Of each subscriber, in the order in which they were asked for; null where nothing plays' },
    ),
  }),
);

import { Type } from 'typebox';
import { EVENT_TYPES } from '../../domain/subscription/event-types.ts';
import { END_REASONS } from '../../store/subscription/subscription-record.ts';
import { NoOptions, named, oneOf, Time } from './common.ts';

const EventType = named('EventType', oneOf(EVENT_TYPES));
const Types = Type.Array(EventType, {
  minItems: 1,
  maxItems: EVENT_TYPES.length,
  uniqueItems: true,
  description: 'Of what to be told. For each type the credential needs the scope with which the same can be read.',
});
const Sink = Type.String({
  minLength: 1,
  maxLength: 2048,
  description: 'The https URL to which events are posted',
  examples: ['https://events.carrier.example/earshot'],
});
const Protocol = Type.Literal('HTTP');

const Config = {
  subscriptionExpireTime: Type.Optional(Type.String({ maxLength: 64, description: 'When it ends, in RFC 3339' })),
  subscriptionMaxEvents: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'It ends after so many events.' }),
  ),
  initialEvent: Type.Optional(
    Type.Boolean({
      description: 'True: everybody in range is told as they are, whoever changes meanwhile before the others.',
    }),
  ),
};

export const NewSubscription = named(
  'NewSubscription',
  Type.Object(
    {
      protocol: Protocol,
      sink: Sink,
      sinkCredential: Type.Optional(
        Type.Object(
          {
            credentialType: Type.Literal('ACCESSTOKEN'),
            accessToken: Type.String({ minLength: 1, maxLength: 4096, pattern: '^[\\x21-\\x7e]+$' }),
            accessTokenExpiresUtc: Type.String({
              maxLength: 64,
              description: 'RFC 3339; the subscription ends with it.',
            }),
            accessTokenType: Type.Literal('bearer'),
          },
          { additionalProperties: false, description: 'Sent with each event as Authorization: Bearer' },
        ),
      ),
      types: Types,
      config: Type.Optional(
        Type.Object({ ...Config, subscriptionDetail: Type.Optional(NoOptions) }, { additionalProperties: false }),
      ),
    },
    { additionalProperties: false },
  ),
);

export const SubscriptionParams = Type.Object({
  subscriptionId: Type.String({ maxLength: 64, description: 'As the answer to its POST, and the list, has it (`id`)' }),
});

const view = {
  id: Type.String(),
  protocol: Protocol,
  sink: Type.String(),
  types: Type.Array(EventType),
  config: Type.Object(Config),
  status: oneOf(['ACTIVATION_REQUESTED', 'ACTIVE', 'INACTIVE', 'EXPIRED', 'DELETED'], {
    description:
      'ACTIVATION_REQUESTED: everybody is looked at first; from ACTIVE on nothing is left out. INACTIVE: the sink has failed for a day, and is tried once an hour. EXPIRED and DELETED: over, for a day to be read.',
  }),
  terminationReason: Type.Optional(oneOf(END_REASONS, { description: 'Why it is over' })),
  startsAt: Time,
  expiresAt: Type.Optional(Time),
  events: Type.Integer({ description: 'How many the sink has taken' }),
  waiting: Type.Integer({
    description:
      'Subscribers about whom there may be something to tell; who has something new and something to be seen no more counts twice. 0 where the sink was told all, but for an end that it has refused, until that is tried again.',
  }),
  failures: Type.Integer({ description: 'Tries that failed since the last one that did not' }),
  failingSince: Type.Optional(Time),
  nextTryAt: Type.Optional(Time),
};

export const SubscriptionView = named('Subscription', Type.Object(view));
export const SubscriptionList = named('SubscriptionList', Type.Object({ subscriptions: Type.Array(SubscriptionView) }));
export const SubscriptionWithSecret = named(
  'SubscriptionWithSecret',
  Type.Object({
    ...view,
    secret: Type.String({ description: 'With which events are signed (Standard Webhooks), shown this once' }),
  }),
);

import { Type } from 'typebox';
import { named, oneOf, PhoneNumber } from './common.ts';

const OtherPhoneNumbers = Type.Array(PhoneNumber, {
  maxItems: 9,
  description: 'Further numbers of the same subscriber, in E.164; this list takes the place of the one before.',
});

const DisplayName = Type.String({ minLength: 1, maxLength: 1024, examples: ['Alice'] });

const Jid = Type.String({ description: 'A bare JID on the home host', maxLength: 512, examples: ['alice@op.example'] });

const NOT_SHARED = 'Absent when `shared`';

export const NewSubscriber = named(
  'NewSubscriber',
  Type.Object(
    {
      phoneNumber: PhoneNumber,
      otherPhoneNumbers: Type.Optional(OtherPhoneNumbers),
      displayName: Type.Optional(DisplayName),
      jid: Type.Optional(Jid),
    },
    { additionalProperties: false },
  ),
);

export const SubscriberPatch = named(
  'SubscriberPatch',
  Type.Object(
    {
      phoneNumber: Type.Optional(PhoneNumber),
      otherPhoneNumbers: Type.Optional(OtherPhoneNumbers),
      jid: Type.Optional(Jid),
      displayName: Type.Optional(DisplayName),
    },
    { additionalProperties: false, minProperties: 1 },
  ),
);

export const SubscriberView = named(
  'Subscriber',
  Type.Object({
    subscriberId: Type.Optional(Type.String({ description: NOT_SHARED })),
    phoneNumber: Type.String({ description: 'The primary number, whose country the address book is read with' }),
    otherPhoneNumbers: Type.Array(Type.String()),
    jid: Type.Optional(Type.String({ description: NOT_SHARED })),
    displayName: Type.Optional(Type.String({ description: NOT_SHARED })),
    shared: Type.Optional(
      Type.Literal(true, {
        description: 'The subscriber has numbers outside the credential’s ranges, too; these are the ones within.',
      }),
    ),
  }),
);

export const CreatedSubscriber = named(
  'CreatedSubscriber',
  Type.Object({
    ...Type.Required(Type.Omit(SubscriberView, ['shared'])).properties,
    password: Type.Optional(Type.String({ description: 'Of the XMPP account that was made; shown this once.' })),
  }),
);

export const NewAccountPassword = named(
  'AccountPassword',
  Type.Object({
    jid: Type.String(),
    password: Type.String({ description: 'Of that XMPP account; shown this once.' }),
  }),
);

const State = oneOf(['active', 'waiting'], {
  description: '`waiting`: the XMPP account that an import has asked for is not made yet',
});

export const SubscriberListQuery = Type.Object(
  {
    cursor: Type.Optional(Type.String({ pattern: '^[\\w-]{1,200}$', description: '`next` of the page before' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 unless told' })),
    range: Type.Optional(
      Type.String({
        // Seven digits: no number stands in a URL.
        pattern: '^\\+[1-9][0-9]{0,6}$',
        description: 'How a number of theirs begins, in E.164; the plus sign is %2B in a URL',
        examples: ['+4915'],
      }),
    ),
    state: Type.Optional(State),
    changedSince: Type.Optional(
      Type.String({
        maxLength: 64,
        description:
          'Only who has changed at this time or later (RFC 3339, counted in whole seconds), 30 days ago at most: `asOf` of the time before. The same for each page; without `range` and `state`.',
        examples: ['2026-01-31T12:00:00Z'],
      }),
    ),
  },
  { additionalProperties: false },
);

export const ListedSubscriber = named('ListedSubscriber', Type.Object({ ...SubscriberView.properties, state: State }));

export const SubscriberList = named(
  'SubscriberList',
  Type.Object({
    subscribers: Type.Array(ListedSubscriber),
    removed: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'With `changedSince`: ids of those who are gone, or whose numbers are not all within the credential’s ranges any more. To be read after `subscribers`.',
      }),
    ),
    asOf: Type.String({
      format: 'date-time',
      description:
        'When the first page was asked for: with this as `changedSince` all is told that has changed since then.',
    }),
    next: Type.Optional(Type.String({ description: 'There may be more: ask again with this as cursor.' })),
  }),
);

import { type TSchema, Type } from 'typebox';
import { LARGEST_BOOK } from '../domain/address-book.ts';
import { FEWEST_FRIENDS } from '../domain/popular.ts';
import { MOST_BLOCKED, MOST_GROUPS } from '../domain/privacy.ts';

/** The shapes of the API. Every route names its request and its answers by these; the OpenAPI document is made from them. */

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Always about:blank: the code says what kind of problem it is.' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'A stable word for programs, such as INVALID_ARGUMENT.' }),
    detail: Type.String({ description: 'What went wrong, and what to do next.' }),
    correlator: Type.String({ description: 'Quote it to the operator; it is in the log.' }),
  },
  { description: 'RFC 9457 problem details' },
);

/** The answers that any route may give besides its own. */
export const problems = {
  '4xx': problem('The request cannot be served as it is.'),
  '5xx': problem('The service cannot answer now.'),
};

function problem(description: string): TSchema {
  return { description, content: { 'application/problem+json': { schema: Problem } } } as unknown as TSchema;
}

/** An answer without a body. */
export const Empty = Type.Null({ description: 'Done; no content.' });

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

const PhoneNumber = Type.String({
  description: 'E.164, with the plus sign',
  maxLength: 64,
  examples: ['+8613800138000'],
});
const OtherPhoneNumbers = Type.Array(PhoneNumber, {
  maxItems: 9,
  description: 'Further numbers of the same subscriber, in E.164; this list takes the place of the one before.',
});
const DisplayName = Type.String({ minLength: 1, maxLength: 1024, examples: ['Alice'] });
const Jid = Type.String({ description: 'A bare JID on the home host', maxLength: 512, examples: ['alice@op.example'] });
export const Time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });

export const SubscriberParams = Type.Object({
  subscriberId: Type.String({
    description: 'The id of a subscriber; with a subscriber’s own token, also `me`.',
    maxLength: 64,
  }),
});

export const NewSubscriber = Type.Object(
  {
    phoneNumber: PhoneNumber,
    otherPhoneNumbers: Type.Optional(OtherPhoneNumbers),
    displayName: Type.Optional(DisplayName),
    jid: Type.Optional(Jid),
  },
  { additionalProperties: false },
);
export const NumberQuery = Type.Object({ phoneNumber: PhoneNumber }, { additionalProperties: false });
export const SubscriberPatch = Type.Object(
  {
    phoneNumber: Type.Optional(PhoneNumber),
    otherPhoneNumbers: Type.Optional(OtherPhoneNumbers),
    jid: Type.Optional(Jid),
    displayName: Type.Optional(DisplayName),
  },
  { additionalProperties: false, minProperties: 1 },
);
export const SubscriberView = Type.Object({
  subscriberId: Type.String(),
  phoneNumber: Type.String({ description: 'The primary number, whose country the address book is read with' }),
  otherPhoneNumbers: Type.Array(Type.String()),
  jid: Type.String(),
  displayName: Type.String(),
});
export const CreatedSubscriber = Type.Object({
  ...SubscriberView.properties,
  password: Type.Optional(Type.String({ description: 'Of the XMPP account that was made; shown this once.' })),
});

export const ImportQuery = Type.Object(
  {
    dryRun: Type.Optional(
      Type.Union([Type.Literal('true'), Type.Literal('false')], {
        description: 'Reports what would be done, and does nothing.',
      }),
    ),
  },
  { additionalProperties: false },
);

const Token = Type.String({ description: 'Shown this once.' });
const DeviceName = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'Names the token; a former token of the same name ends. At most 64 characters are used.',
  examples: ['Alice’s phone'],
});
export const NewToken = Type.Union([
  Type.Object({ deviceName: Type.Optional(DeviceName) }, { additionalProperties: false }),
  Type.Null(),
]);
export const TokenView = Type.Object({ token: Token, tokenId: Type.String(), expiresAt: Time });
export const TokenParams = Type.Object({
  ...SubscriberParams.properties,
  tokenId: Type.String({ maxLength: 64, description: 'As the list of tokens has it' }),
});
export const TokenList = Type.Object({
  tokens: Type.Array(
    Type.Object({
      tokenId: Type.String(),
      deviceName: orNull(Type.String()),
      createdAt: Time,
      lastUsedAt: orNull(Type.String({ format: 'date-time', description: 'To the hour' })),
      expiresAt: Time,
      current: Type.Boolean({ description: 'Whether this call is made with it' }),
    }),
  ),
});

export const SentCode = Type.Object({ authenticationId: Type.String(), expiresAt: Time });
export const CodeBody = Type.Object(
  {
    authenticationId: Type.String({ maxLength: 512, description: 'As send-code gave it' }),
    code: Type.String({ pattern: '^[0-9]{6}$', description: 'Six digits' }),
    deviceName: Type.Optional(DeviceName),
  },
  { additionalProperties: false },
);
export const LoginView = Type.Object({
  subscriberId: Type.String(),
  token: Token,
  expiresAt: Time,
  jid: Type.String(),
  password: Type.Optional(
    Type.String({ description: 'Of the XMPP account, if the subscriber is new; shown this once.' }),
  ),
});
export const OutboxView = Type.Object({
  codes: Type.Array(
    Type.Object({ id: Type.String(), phoneNumber: Type.String(), code: Type.String(), expiresAt: Time }),
  ),
});
/** RFC 6749, section 5.1. */
export const AccessToken = Type.Object({
  access_token: Token,
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds' }),
  subscriberId: Type.String(),
  jid: Type.String(),
  password: LoginView.properties.password,
});
/** RFC 6749, section 5.2. */
export const OAuthError = Type.Object({ error: Type.String(), error_description: Type.String() });
/** Any of these may be missing, and others are passed over: what is wrong is said as an OAuth error (RFC 6749, section 3.2). */
export const AssertionBody = Type.Object({
  grant_type: Type.Optional(Type.String({ examples: ['urn:ietf:params:oauth:grant-type:jwt-bearer'] })),
  assertion: Type.Optional(Type.String({ description: 'A signed JWT (RFC 7523)' })),
  deviceName: Type.Optional(DeviceName),
});

const Name = Type.String({ minLength: 1, maxLength: 64, description: 'For its owner to know it by' });
export const NewApplicationPassword = Type.Object({ name: Name }, { additionalProperties: false });
const applicationPassword = { applicationPasswordId: Type.String(), name: Type.String(), createdAt: Time };
export const CreatedApplicationPassword = Type.Object({
  ...applicationPassword,
  userName: Type.String({ description: 'What the player wants as the user’s name' }),
  password: Type.String({ description: 'Shown this once.' }),
  webhookPath: Type.String({
    description:
      'Where a browser’s webhook says what plays, on this gateway; as secret as the password. Shown this once.',
  }),
});
export const ApplicationPasswordList = Type.Object({
  applicationPasswords: Type.Array(Type.Object(applicationPassword)),
});
export const ApplicationPasswordParams = Type.Object({
  ...SubscriberParams.properties,
  applicationPasswordId: Type.String({ maxLength: 64 }),
});

export const ContactBody = Type.Object({
  uid: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  name: Type.String({ minLength: 1 }),
  phoneNumbers: Type.Array(Type.String(), { maxItems: 100, description: 'As the phone has them, in any form.' }),
  groups: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
});
export const BookBody = Type.Object({ contacts: Type.Array(ContactBody) });
const Uids = Type.Array(Type.String({ maxLength: 1024 }), {
  maxItems: LARGEST_BOOK,
  description: 'Of the contacts to remove; unknown ones are passed over.',
});
export const BookChanges = Type.Object(
  { upsert: Type.Optional(Type.Array(ContactBody, { description: 'Each with its uid' })), remove: Type.Optional(Uids) },
  { minProperties: 1, additionalProperties: false },
);
/** `BookChanges` before its contacts are checked, each by itself. */
export const RawBookChanges = Type.Object(
  { upsert: Type.Optional(Type.Array(Type.Unknown())), remove: Type.Optional(Uids) },
  { minProperties: 1, additionalProperties: false },
);
export const BookAccepted = Type.Object({
  version: Type.Integer(),
  contacts: Type.Integer({ description: 'How many the book holds now.' }),
  rejected: Type.Array(
    Type.Object({ index: Type.Integer({ description: 'Place in what was sent, from 0' }), reason: Type.String() }),
  ),
});
export const BookView = Type.Object({
  version: Type.Integer(),
  contacts: Type.Integer(),
  matched: Type.Integer({ description: 'How many friends the book has led to.' }),
  waiting: Type.Integer({ description: 'How many numbers, of all its books, wait for the subscriber’s budget.' }),
  state: Type.Union([Type.Literal('current'), Type.Literal('reconciling')]),
});

export const SourceParams = Type.Object({
  ...SubscriberParams.properties,
  name: Type.String({ pattern: '^[a-z0-9-]{1,32}$', description: 'The subscriber’s own word for the source' }),
});
const Secret = Type.String({ minLength: 1, maxLength: 4096 });
export const SourceBody = Type.Object(
  {
    url: Type.String({
      maxLength: 2048,
      description: 'The address book, or the server: then the first address book of the user is taken.',
      examples: ['https://dav.example/alice/contacts/'],
    }),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, pattern: '^[^:]*$' })),
    password: Type.Optional(Secret),
    bearerToken: Type.Optional(Type.String({ ...Secret, pattern: '^[\\x21-\\x7e]+$' })),
  },
  { additionalProperties: false },
);
export const SourceView = Type.Object({
  name: Type.String(),
  url: Type.Optional(Type.String({ description: 'Absent for a book that a client sends: `quicksy`.' })),
  collection: Type.Optional(Type.String({ description: 'The URL of the address book that was found there.' })),
  state: Type.Union([Type.Literal('reading'), Type.Literal('current'), Type.Literal('failing')]),
  contacts: Type.Integer({ description: 'How many were read; they stay while reads fail.' }),
  lastReadAt: Type.Optional(Time),
  nextReadAt: Type.Optional(Time),
  problem: Type.Optional(
    Type.Object({ code: Type.String(), detail: Type.String() }, { description: 'Why the last read failed.' }),
  ),
  rejected: Type.Array(Type.Object({ reason: Type.String(), cards: Type.Integer() }), {
    description: 'How many cards were refused, or kept in part, and why; up to 1,000 are counted.',
  }),
});
export const SourcesView = Type.Object({ sources: Type.Array(SourceView) });

const Text = Type.String({ minLength: 1, maxLength: 1024 });
export const Device = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[\\x21-\\x7e]+$',
  description: 'Which of the subscriber’s devices plays.',
});
const Kind = Type.Union([Type.Literal('audio'), Type.Literal('video')]);
export const TuneBody = Type.Object(
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
  },
  { additionalProperties: false },
);
export const TuneAccepted = Type.Object({ expiresAt: Time });
const tuneView = {
  kind: Kind,
  title: Type.String(),
  artist: Type.Optional(Type.String()),
  source: Type.Optional(Type.String()),
  track: Type.Optional(Type.String()),
  length: Type.Optional(Type.Integer()),
  rating: Type.Optional(Type.Integer()),
  uri: Type.Optional(Type.String()),
  since: Time,
  expiresAt: Time,
};
export const OwnTune = Type.Object({
  ...tuneView,
  device: Type.String({ description: 'Which of the subscriber’s devices plays it' }),
  player: Type.Optional(Type.String({ description: 'What that player calls itself, or its owner calls it' })),
  shared: Type.Boolean({ description: 'False while privacy settings keep it from everybody' }),
});
export const FriendTune = Type.Object(tuneView);
export const DeviceQuery = Type.Object({ device: Type.Optional(Device) }, { additionalProperties: false });

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
      description: 'The friend’s own published avatar, or else the photo in the subscriber’s own book, as a data: URI',
    }),
  ),
  nowPlaying: orNull(FriendTune),
});
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

export const NoOptions = Type.Object({}, { additionalProperties: false });
export const ReconciliationBegun = Type.Object({
  subscribers: Type.Integer({ description: 'How many subscribers will be looked at.' }),
});
export const ReconciliationView = Type.Object({
  state: Type.Union([Type.Literal('none'), Type.Literal('running'), Type.Literal('done')]),
  subscribers: Type.Integer(),
  done: Type.Integer({ description: 'How many of them have been looked at.' }),
});

const Discoverable = Type.Boolean({ description: 'False: no friendships at all while it lasts' });
const Audience = Type.Union(
  [
    Type.Literal('friends'),
    Type.Literal('nobody'),
    Type.Object(
      { groups: Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), { maxItems: MOST_GROUPS }) },
      { additionalProperties: false },
    ),
  ],
  { description: 'Who sees the tune: all friends, nobody, or friends in these groups of the own address book' },
);
const BlockedSubscriber = Type.Object(
  { subscriberId: Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\w-]+$' }) },
  { additionalProperties: false },
);
const BlockedNumber = Type.Object({ phoneNumber: PhoneNumber }, { additionalProperties: false });
export const PrivacyBody = Type.Object(
  {
    discoverable: Discoverable,
    audience: Audience,
    privateUntil: orNull(Type.String({ maxLength: 64, description: 'RFC 3339; nobody sees the tune until then' })),
    blocked: Type.Array(Type.Union([BlockedSubscriber, BlockedNumber]), {
      maxItems: MOST_BLOCKED,
      description: 'Subscribers, or whoever has a number now or later',
    }),
  },
  { additionalProperties: false },
);
export const PrivacyView = Type.Object({
  discoverable: Discoverable,
  audience: Audience,
  privateUntil: orNull(Time),
  blocked: Type.Array(Type.Union([BlockedSubscriber, BlockedNumber])),
});

export const Readiness = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('not ready')]),
  missing: Type.Array(Type.String()),
  mode: Type.Optional(
    Type.Union([Type.Literal('privileged'), Type.Literal('unprivileged')], {
      description: 'Whether the component sets rosters and publishes tunes, or only offers matches; once it is known',
    }),
  ),
});

import { Type } from 'typebox';
import { named, oneOf, orNull, SubscriberParams, Time } from './common.ts';

const Token = Type.String({ description: 'Shown this once.' });

const DeviceName = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'Names the token; a former token of the same name ends. At most 64 characters are used.',
  examples: ['Alice’s phone'],
});

export const NewToken = Type.Union([
  named('NewToken', Type.Object({ deviceName: Type.Optional(DeviceName) }, { additionalProperties: false })),
  Type.Null(),
]);

export const TokenView = named('IssuedToken', Type.Object({ token: Token, tokenId: Type.String(), expiresAt: Time }));

export const TokenParams = Type.Object({
  ...SubscriberParams.properties,
  tokenId: Type.String({ maxLength: 64, description: 'As the list of tokens has it' }),
});

export const TokenList = named(
  'TokenList',
  Type.Object({
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
  }),
);

export const SentCode = named('SentCode', Type.Object({ authenticationId: Type.String(), expiresAt: Time }));

const Existing = oneOf(['continue', 'startAnew'], {
  description:
    'Who had the number: `continue`, yourself; `startAnew`, somebody else, whose subscriber is erased, or keeps its other numbers without this one. Asked for when that one has been silent for long.',
});

export const CodeBody = named(
  'CodeValidation',
  Type.Object(
    {
      authenticationId: Type.String({ maxLength: 512, description: 'As send-code gave it' }),
      code: Type.String({ pattern: '^[0-9]{6}$', description: 'Six digits' }),
      deviceName: Type.Optional(DeviceName),
      existing: Type.Optional(Existing),
    },
    { additionalProperties: false },
  ),
);

export const LoginView = named(
  'Login',
  Type.Object({
    subscriberId: Type.String(),
    token: Token,
    expiresAt: Time,
    jid: Type.String(),
    password: Type.Optional(
      Type.String({ description: 'Of the XMPP account, if the subscriber is new; shown this once.' }),
    ),
  }),
);

export const OutboxView = named(
  'WaitingCodes',
  Type.Object({
    codes: Type.Array(
      Type.Object({ id: Type.String(), phoneNumber: Type.String(), code: Type.String(), expiresAt: Time }),
    ),
  }),
);

/** RFC 6749, section 5.1. */
export const AccessToken = named(
  'AccessToken',
  Type.Object({
    access_token: Token,
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds' }),
    subscriberId: Type.String(),
    jid: Type.String(),
    password: LoginView.properties.password,
  }),
);

/** RFC 6749, section 5.2. */
export const OAuthError = named('OAuthError', Type.Object({ error: Type.String(), error_description: Type.String() }));

/** Any of these may be missing, and others are passed over: what is wrong is said as an OAuth error (RFC 6749, section 3.2). */
export const AssertionBody = named(
  'AssertionExchange',
  Type.Object({
    grant_type: Type.Optional(Type.String({ examples: ['urn:ietf:params:oauth:grant-type:jwt-bearer'] })),
    assertion: Type.Optional(Type.String({ description: 'A signed JWT (RFC 7523)' })),
    deviceName: Type.Optional(DeviceName),
    existing: Type.Optional(Existing),
  }),
);

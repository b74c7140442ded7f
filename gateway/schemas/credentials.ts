import { Type } from 'typebox';
import { RANGE } from '../../domain/access/grant.ts';
import { ALL_SCOPES, SCOPES, type Scope } from '../../domain/access/scope.ts';
import { named, oneOf, Time } from './common.ts';

const ScopeName = named(
  'Scope',
  Type.Unsafe<Scope>({
    type: 'string',
    enum: ALL_SCOPES,
    description: ALL_SCOPES.map((scope) => `${scope}: ${SCOPES[scope]}`).join('; '),
  }),
);
const Range = Type.String({ pattern: RANGE.source, examples: ['+4915'] });
const Scopes = Type.Array(ScopeName, { minItems: 1, maxItems: ALL_SCOPES.length, uniqueItems: true });
const Ranges = Type.Array(Range, {
  maxItems: 1000,
  description: 'Prefixes of the numbers it may act for, in E.164; none: every number.',
});
const ClientId = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: '^[\\x20-\\x7e]+$',
  description: 'The client_id in the access tokens that open it; without one it is opened by an API key.',
});

const Home = Type.String({
  minLength: 1,
  maxLength: 255,
  description:
    'The host of the home at which it has XMPP accounts made, where there are several; without one the numbers decide. A credential that it creates has the same, and it reaches no credential of another.',
});

export const NewCredential = named(
  'NewCredential',
  Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 100, description: 'For the operator’s own eyes' }),
      scopes: Scopes,
      ranges: Type.Optional(Ranges),
      clientId: Type.Optional(ClientId),
      home: Type.Optional(Home),
      expiresAt: Type.Optional(Time),
    },
    { additionalProperties: false },
  ),
);

export const CredentialParams = Type.Object({
  credentialId: Type.String({ maxLength: 64, description: 'As the answer to its POST, and the list, has it' }),
});

export const Rotation = named(
  'KeyRotation',
  Type.Object(
    {
      graceSeconds: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 2_592_000,
          description: 'How long the key before still opens; a day unless told.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
);

const view = {
  credentialId: Type.String(),
  kind: oneOf(['key', 'oauth']),
  name: Type.String(),
  clientId: Type.Optional(Type.String()),
  home: Type.Optional(Type.String()),
  scopes: Type.Array(ScopeName),
  ranges: Type.Array(Type.String()),
  state: oneOf(['active', 'expired', 'revoked']),
  createdAt: Time,
  expiresAt: Type.Optional(Time),
  revokedAt: Type.Optional(Time),
  lastUsedAt: Type.Optional(Type.String({ format: 'date-time', description: 'To the hour' })),
};
export const CredentialView = named('Credential', Type.Object(view));
export const CredentialList = named('CredentialList', Type.Object({ credentials: Type.Array(CredentialView) }));
export const CredentialWithKey = named(
  'CredentialWithKey',
  Type.Object({
    ...view,
    key: Type.Optional(Type.String({ description: 'The API key, shown this once.' })),
  }),
);

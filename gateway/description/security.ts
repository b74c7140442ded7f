import type { Operation, RouteFacts } from './described.ts';

/** By whom the API is called: the credentials of docs/integrating.md. */
export const securitySchemes = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'A carrier’s API key with the scope, or the operator’s',
  },
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'An OAuth 2.0 access token (RFC 9068) with the scope, of a client that the operator has registered',
  },
  subscriber: { type: 'http', scheme: 'bearer', description: 'A subscriber’s token, for its own resources' },
} as const;

/** In which extension a call names its scope: tools take the roles of a bearer scheme, which OpenAPI 3.1 allows, for a fault. */
export const SCOPE = 'x-required-scope';

/** Says of a call who may make it: in `security`, in an extension, and in words. */
export function withAccess(operation: Operation, { config }: RouteFacts): Operation {
  const { access } = config;
  if (!access) return { ...operation, security: operation.security ?? [] };
  const who = access.self
    ? 'a credential with the scope, or the subscriber’s own token'
    : 'a credential with the scope';
  return {
    ...operation,
    [SCOPE]: access.scope,
    description: [operation.description, `Scope \`${access.scope}\`: ${who}.`].filter(Boolean).join(' '),
    security: [{ apiKey: [] }, { accessToken: [] }, ...(access.self ? [{ subscriber: [] }] : [])],
  };
}

import type { Answer, Operation, Ref, RouteFacts } from './described.ts';

const text = { type: 'string' } as const;
const tag = { type: 'string', examples: ['"3.Zq3yZJ5w0nUuL1Yk3mYt8A"'] } as const;

const FIELDS = {
  Allow: ['Allow', 'With 405: the methods that the path takes (RFC 9110, section 10.2.1)', text],
  XCorrelator: ['x-correlator', 'The id of the call: the one that was sent, or one that was made', text],
  ETag: ['ETag', 'The version of what is shown (RFC 9110, section 8.8.3), for If-Match and If-None-Match', tag],
  Location: ['Location', 'Where what was begun can be asked about', text],
  IdempotencyReplayed: [
    'Idempotency-Replayed',
    '`true` when this is the answer that was given before',
    { type: 'string', enum: ['true'] },
  ],
  RateLimit: [
    'RateLimit',
    'What is left of each limit (`r`), for how many seconds (`t`); draft-ietf-httpapi-ratelimit-headers-10',
    { type: 'string', examples: ['"carrier";r=5999;t=60'] },
  ],
  RateLimitPolicy: [
    'RateLimit-Policy',
    'The limits that count this call: how many (`q`) in so many seconds (`w`)',
    { type: 'string', examples: ['"carrier";q=6000;w=60'] },
  ],
  RetryAfter: [
    'Retry-After',
    'Seconds after which the same call may be sent again',
    { type: 'integer', minimum: 0, examples: [2] },
  ],
  WwwAuthenticate: [
    'WWW-Authenticate',
    'What is wanting (RFC 6750, section 3)',
    { type: 'string', examples: ['Bearer error="insufficient_scope", scope="now-playing:write"'] },
  ],
} as const;

/** A header field of answers, by its name among the components. */
export type FieldName = keyof typeof FIELDS;

export const headers = Object.fromEntries(
  Object.entries(FIELDS).map(([name, [, description, schema]]) => [name, { description, schema }]),
);

/** The fields of an answer, by the names that they have on the wire. */
export function fields(...names: readonly FieldName[]): Record<string, Ref> {
  return Object.fromEntries(names.map((name) => [FIELDS[name][0], { $ref: `#/components/headers/${name}` }]));
}

export const parameters = {
  XCorrelator: {
    in: 'header',
    name: 'x-correlator',
    description: 'Comes back in the answer. A UUID is also the id of the call in logs and in the audit trail (CAMARA).',
    schema: { type: 'string', pattern: '^[\\w:;./<>{}-]{1,256}$' },
  },
  IfMatch: {
    in: 'header',
    name: 'If-Match',
    description: 'ETags of one of which must be what is there, or `*` (RFC 9110, section 13.1.1); otherwise 412',
    schema: tag,
  },
  IfNoneMatch: {
    in: 'header',
    name: 'If-None-Match',
    description:
      'ETags of none of which may be what is there, or `*` (RFC 9110, section 13.1.2): 304 for a GET, else 412',
    schema: tag,
  },
  IdempotencyKey: {
    in: 'header',
    name: 'Idempotency-Key',
    description: 'The same call with the same key is done once, and gets the same answer for a day.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  },
} as const;

const sent = (name: keyof typeof parameters): Ref => ({ $ref: `#/components/parameters/${name}` });

/** With the fields that the call takes. */
export function withFieldsSent(operation: Operation, { method, config }: RouteFacts): Operation {
  const isRead = method === 'GET';
  const taken = [
    sent('XCorrelator'),
    ...(config.conditional && !isRead ? [sent('IfMatch')] : []),
    ...(config.conditional && !(isRead && config.untagged) ? [sent('IfNoneMatch')] : []),
    ...(isIdempotent(config) && !config.idempotentBy ? [sent('IdempotencyKey')] : []),
  ];
  return { ...operation, parameters: [...(operation.parameters ?? []), ...taken] };
}

/** With the fields that an answer of the call carries when all is well. */
export function withFieldsAnswered(answer: Answer, { method, config }: RouteFacts): Answer {
  const given = fields(
    'XCorrelator',
    ...(config.unlimited ? [] : (['RateLimit', 'RateLimitPolicy'] as const)),
    ...((method === 'GET' && config.conditional && !config.untagged) || config.answersTag ? (['ETag'] as const) : []),
    ...(config.idempotent ? (['IdempotencyReplayed'] as const) : []),
    ...(config.answersPlace ? (['Location'] as const) : []),
  );
  return { ...answer, headers: { ...answer.headers, ...given } };
}

/** Whether a call takes an Idempotency-Key. */
export function isIdempotent({ idempotent, remembers }: RouteFacts['config']): boolean {
  return idempotent === true || remembers === true;
}

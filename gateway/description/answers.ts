import { STATUS_OF } from '../../service/audit/audit.ts';
import { TITLES } from '../http/problem-titles.ts';
import { Problem } from '../schemas/common.ts';
import type { Answer, Operation, Ref, RouteFacts } from './described.ts';
import { type FieldName, fields, isIdempotent, withFieldsAnswered } from './headers.ts';

type Code = keyof typeof STATUS_OF;
type Kind = { status: string; code: Code; description: string; detail: string; with?: FieldName[] };

/** The problems to which programs have something to do, each under a name. Any other is told in the same shape. */
const KINDS = {
  InvalidArgument: {
    status: '400',
    code: 'INVALID_ARGUMENT',
    description: 'The call is not as it must be; `detail` says where.',
    detail: 'kind must be one of audio, video.',
    with: ['IdempotencyReplayed'],
  },
  Unauthenticated: {
    status: '401',
    code: 'UNAUTHENTICATED',
    description: 'No credential, or none that opens anything now',
    detail: 'Send Authorization: Bearer with a credential or a token.',
    with: ['WwwAuthenticate'],
  },
  PermissionDenied: {
    status: '403',
    code: 'PERMISSION_DENIED',
    description: 'The credential may not do this: it lacks the scope, or the number is outside its ranges.',
    detail: 'The credential lacks the scope now-playing:write; ask the operator for it.',
    with: ['WwwAuthenticate', 'IdempotencyReplayed'],
  },
  NotFound: {
    status: '404',
    code: 'NOT_FOUND',
    description: 'There is no such thing, or none that this credential reaches.',
    detail: 'There is no such subscriber.',
    with: ['IdempotencyReplayed'],
  },
  Conflict: {
    status: '409',
    code: 'CONFLICT',
    description: 'What is there stands against it: `code` says whether it is taken, under way, or to be confirmed.',
    detail: 'A request with this Idempotency-Key is still under way; ask again in a moment.',
    with: ['IdempotencyReplayed'],
  },
  FailedPrecondition: {
    status: '412',
    code: 'FAILED_PRECONDITION',
    description: 'If-Match or If-None-Match does not hold; nothing was done.',
    detail: 'If-Match does not hold for what is there now; read its ETag with GET and decide anew.',
    with: ['IdempotencyReplayed'],
  },
  PayloadTooLarge: {
    status: '413',
    code: 'PAYLOAD_TOO_LARGE',
    description: 'The body is larger than the call takes.',
    detail: 'The body is larger than this call takes.',
  },
  UnsupportedMediaType: {
    status: '415',
    code: 'UNSUPPORTED_MEDIA_TYPE',
    description: 'The call takes no body of this type or encoding; `detail` names those that it takes.',
    detail: 'Send the body with a Content-Type that this call takes: application/json.',
  },
  IdempotencyKeyReused: {
    status: '422',
    code: 'IDEMPOTENCY_KEY_REUSED',
    description: 'The Idempotency-Key was used for another call; to send it again does not help.',
    detail: 'This Idempotency-Key was sent with another body; send a new key with this one.',
  },
  TooManyRequests: {
    status: '429',
    code: 'TOO_MANY_REQUESTS',
    description: 'A limit is used up.',
    detail: 'More than 600 requests a minute; go on after Retry-After.',
    with: ['RetryAfter', 'RateLimit', 'RateLimitPolicy'],
  },
  Internal: {
    status: '500',
    code: 'INTERNAL',
    description: 'Something went wrong here.',
    detail: 'Something went wrong here; the correlator finds it in the log.',
  },
  Unavailable: {
    status: '503',
    code: 'UNAVAILABLE',
    description: 'Something that is needed is away for a moment; the same call may be sent again.',
    detail: 'The store does not answer; try again in a moment.',
    with: ['RetryAfter'],
  },
} as const satisfies Record<string, Kind>;

const BY_STATUS = new Map<string, string>(Object.entries(KINDS).map(([name, { status }]) => [status, name]));
const PROBLEM_TYPE = 'application/problem+json';

const problemContent = { [PROBLEM_TYPE]: { schema: Problem } };

/** Among the components. */
export const responses = {
  ...Object.fromEntries(Object.entries<Kind>(KINDS).map(([name, kind]) => [name, problemAnswer(kind)])),
  NotModified: {
    description: 'Nothing that is shown has changed since the tag in If-None-Match was given.',
    headers: fields('XCorrelator', 'ETag'),
  },
  OtherProblem: {
    description: 'Any other problem, such as 405, 408, 414 or 431',
    headers: fields('XCorrelator', 'Allow'),
    content: problemContent,
  },
};

function problemAnswer({ code, description, detail, with: more = [] }: Kind): Answer {
  const [status, title] = [STATUS_OF[code], TITLES[code]];
  const correlator = 'b4333c46-49c0-4f62-80d7-f0ef930f1c46';
  return {
    description,
    headers: fields('XCorrelator', ...more),
    content: {
      [PROBLEM_TYPE]: { schema: Problem, example: { type: 'about:blank', title, status, code, detail, correlator } },
    } as never,
  };
}

/** What an answer says that has no words of its own. */
const WELL: Record<string, string> = {
  200: 'What was asked for',
  201: 'Made',
  202: 'Taken: what follows from it is done in the background.',
  204: 'Done; there is nothing to show.',
};

/** With every status that the call may answer with; for a route that gives problems (`problems` in its schema). */
export function withAnswers(operation: Operation, route: RouteFacts): Operation {
  const { '4XX': some, '5XX': _, ...own } = operation.responses;
  const well = Object.entries(own)
    .filter(([status]) => !isProblem(own[status]))
    .map(([status, answer]) => [status, answerOf(status, answer as Answer, route)] as const);
  const statuses = some
    ? [...problemsOf(operation, route), ...Object.keys(own).filter((one) => isProblem(own[one]))]
    : [];
  const told = statuses
    .filter((status) => !well.some(([one]) => one === status))
    .map((status) => [status, { $ref: `#/components/responses/${BY_STATUS.get(status)}` }] as const);
  const isTagged = route.method === 'GET' && route.config.conditional && !route.config.untagged;
  return {
    ...operation,
    responses: Object.fromEntries([
      ...well,
      ...(isTagged ? [['304', { $ref: '#/components/responses/NotModified' }] as const] : []),
      ...told,
      ...(some ? [['default', { $ref: '#/components/responses/OtherProblem' }] as const] : []),
    ]),
  };
}

function isProblem(answer: Answer | Ref | undefined): boolean {
  return answer !== undefined && 'content' in answer && PROBLEM_TYPE in (answer.content ?? {});
}

function answerOf(status: string, answer: Answer, route: RouteFacts): Answer {
  const { description, content, ...rest } = answer;
  const said = description === undefined || description === 'Default Response' ? WELL[status] : description;
  const shown = content && status !== '204' ? { content } : {};
  return withFieldsAnswered({ ...rest, description: said ?? 'An answer', ...shown }, route);
}

function problemsOf({ requestBody, security = [] }: Operation, { method, url, config }: RouteFacts): string[] {
  const isRead = method === 'GET';
  const names = url.includes(':');
  return [
    '400',
    ...(security.length > 0 ? ['401', '403'] : []),
    ...(names ? ['404'] : []),
    ...(names || isIdempotent(config) ? ['409'] : []),
    ...(config.conditional && !isRead ? ['412'] : []),
    ...(requestBody ? ['413', '415'] : []),
    ...(isIdempotent(config) ? ['422'] : []),
    ...(config.unlimited ? [] : ['429']),
    ...['500', '503'],
  ];
}

import { Value } from 'typebox/value';
import { Problem } from '../../gateway/schemas/common.ts';
import { OAuthError } from '../../gateway/schemas/login.ts';

/** An answer of the gateway. */
export type Answered = { status: number; type: string; text: string };

const CODES = new Set([
  ...['INVALID_ARGUMENT', 'OUT_OF_RANGE', 'UNAUTHENTICATED', 'PERMISSION_DENIED', 'NOT_FOUND', 'METHOD_NOT_ALLOWED'],
  ...['ALREADY_EXISTS', 'CONFLICT'],
  ...['FAILED_PRECONDITION', 'PAYLOAD_TOO_LARGE', 'URI_TOO_LONG', 'HEADERS_TOO_LARGE', 'REQUEST_TIMEOUT'],
  ...['UNSUPPORTED_MEDIA_TYPE', 'EXPECTATION_FAILED', 'IDEMPOTENCY_KEY_REUSED', 'TOO_MANY_REQUESTS'],
]);

/** The one route whose errors speak OAuth 2.0 (RFC 6749, section 5.2). */
const OAUTH_PATH = '/v1/tokens';

/** What is wrong with an answer, if anything: no 5xx, and every error is problem details (RFC 9457) with a code of the list. */
export function wrongWith({ status, type, text }: Answered, method: string, path = ''): string | undefined {
  if (status >= 500) return `${status} ${text.slice(0, 300)}`;
  if (status < 400) return undefined;
  if (status === 400 && path.split('?')[0] === OAUTH_PATH && Value.Check(OAuthError, parsed(text))) return undefined;
  if (!type.startsWith('application/problem+json')) return `${status} with ${type || 'no type'}: ${text.slice(0, 300)}`;
  if (method === 'HEAD') return undefined;
  const problem = parsed(text);
  if (!Value.Check(Problem, problem)) return `${status} with other than problem details: ${text.slice(0, 300)}`;
  return CODES.has(problem.code) && problem.status === status ? undefined : `${status} with the code ${problem.code}`;
}

/** Problems of the way to a call, which the document gives as `default`; 413 and 415, where no body is taken. */
const ON_THE_WAY = ['405', '408', '413', '414', '415', '417', '431'];

/** What is wrong with a status by the document, if anything. Without statuses nothing is known of the call. */
export function undocumented(status: number, statuses: readonly string[]): string | undefined {
  if (statuses.length === 0 || statuses.includes(`${status}`) || ON_THE_WAY.includes(`${status}`)) return undefined;
  return `${status}, which the document does not have,`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

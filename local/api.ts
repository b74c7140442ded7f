import { StartError } from './start-error.ts';

/** Calls the HTTP API with one bearer credential. */
export type Api = (method: string, path: string, body?: unknown) => Promise<ApiAnswer>;

/** An answer of the HTTP API; `body` is undefined when it is no JSON. */
export interface ApiAnswer {
  status: number;
  body: unknown;
}

/** Makes an {@link Api} for an operator's key or a subscriber's token. A text is sent as vCards, anything else as JSON. */
export function connectApi(gatewayUrl: string, credential: string): Api {
  return async (method, path, body) => {
    try {
      const response = await fetch(`${gatewayUrl}/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${credential}`, ...contentType(body) },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      });
      return { status: response.status, body: parse(await response.text()) };
    } catch (error) {
      throw new StartError('DEMO', `The gateway did not answer ${method} ${path}: see its log.`, error);
    }
  };
}

/** The body of an answer that must have a certain status; throws `DEMO` with what the API said otherwise. */
export function expectStatus<T>(answer: ApiAnswer, status: number, action: string): T {
  if (answer.status === status) return answer.body as T;
  throw new StartError('DEMO', `${action} failed: HTTP ${answer.status} ${JSON.stringify(answer.body)}`);
}

function contentType(body: unknown): Record<string, string> {
  if (body === undefined) return {};
  return { 'content-type': typeof body === 'string' ? 'text/vcard; charset=utf-8' : 'application/json' };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

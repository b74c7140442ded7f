import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from '../start-error.ts';

/** How long a gateway is asked again that says 503, as it does while a busy machine's Redis is slow to answer. */
const UNAVAILABLE_PATIENCE_MS = 120_000;
const PAUSE_MS = 500;

/** Calls the HTTP API with one bearer credential. */
export type Api = (method: string, path: string, body?: unknown) => Promise<ApiAnswer>;

/** An answer of the HTTP API; `body` is undefined when it is no JSON. */
export interface ApiAnswer {
  status: number;
  body: unknown;
}

/**
 * Makes an {@link Api} for an operator's key or a subscriber's token. A text is sent as vCards, anything else as JSON. What is answered with 503 is
 * sent again for two minutes.
 */
export function connectApi(gatewayUrl: string, credential: string): Api {
  return async (method, path, body) => {
    const deadline = Date.now() + UNAVAILABLE_PATIENCE_MS;
    for (;;) {
      const answer = await send(method, path, body);
      if (answer.status !== 503 || Date.now() > deadline) return answer;
      await delay(PAUSE_MS);
    }
  };

  async function send(method: string, path: string, body: unknown): Promise<ApiAnswer> {
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
  }
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

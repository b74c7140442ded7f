import { learnTime } from './clock.ts';
import { problemOf, toProblem } from './problem.ts';

/** What a request has beside its method and path. */
export type CallOptions = {
  /** A File goes out as it is, anything else as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** `default` for what the server lets the browser keep. */
  cache?: 'default';
};

/** Calls the API as somebody; `path` begins behind `/v1`. @throws Problem */
export type Call = (method: string, path: string, options?: CallOptions) => Promise<Response>;

/** Calls the API about the resources of whoever has the token. `onEnd` is called when the token is not valid; `worked`: whether it was before. */
export function createCall(token: string, onEnd: (worked: boolean) => void): Call {
  let worked = false;
  return async (method, path, { headers, ...options } = {}) => {
    const authorization = `Bearer ${token}`;
    try {
      const response = await callApi(method, `/subscribers/me${path}`, {
        ...options,
        headers: { ...headers, authorization },
      });
      worked = true;
      return response;
    } catch (err) {
      if (toProblem(err).status === 401) onEnd(worked);
      throw err;
    }
  };
}

/** A call without a credential. @throws Problem */
export async function callApi(method: string, path: string, options: CallOptions = {}): Promise<Response> {
  const { body, headers, signal, cache = 'no-store' } = options;
  const response = await fetch(`/v1${path}`, {
    method,
    headers: {
      ...(body === undefined || body instanceof Blob ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
    cache,
    credentials: 'omit',
    redirect: 'error',
  }).catch((err: unknown) => {
    throw toProblem(err);
  });
  learnTime(response);
  if (response.ok) return response;
  throw await problemOf(response);
}

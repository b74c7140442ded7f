/** What a call is sent with; the `fetch` of the platform. */
export type Fetch = (request: Request) => Promise<Response>;

/** `tries`: how often a call is sent at most; `longest`: milliseconds that are waited before it is sent again, at most. */
export type Patience = { tries: number; longest: number };

export const PATIENT: Patience = { tries: 5, longest: 30_000 };
/** Milliseconds before the second try, where the gateway does not say. */
const FIRST_PAUSE = 500;

/**
 * Sends a call again that was not answered, or with 429 or 503, after Retry-After or a growing pause. A POST gets an Idempotency-Key, so
 * that it is done once however often it is sent; one whose body is a stream is sent once. An answer that asks for a longer pause than `longest` is given back as it is.
 */
export function retrying(send: Fetch, { tries, longest }: Patience = PATIENT): Fetch {
  return async (first) => {
    const request = withKey(first);
    for (let tried = 1; ; tried += 1) {
      const last = tried >= tries;
      const [answer, trouble] = await settled(send(last ? request : request.clone()));
      const pause = answer ? pauseAfter(answer, tried) : pauseBefore(tried);
      if (request.signal.aborted || last || pause === undefined || pause > longest) {
        if (answer) return answer;
        throw trouble;
      }
      await answer?.body?.cancel();
      await waited(pause, request.signal);
    }
  };
}

function withKey(request: Request): Request {
  if (request.method === 'POST' && !request.headers.has('idempotency-key'))
    request.headers.set('idempotency-key', crypto.randomUUID());
  return request;
}

async function settled(answer: Promise<Response>): Promise<[Response | undefined, unknown]> {
  try {
    return [await answer, undefined];
  } catch (trouble) {
    return [undefined, trouble];
  }
}

/** Undefined for an answer that stays. */
function pauseAfter({ status, headers }: Response, tried: number): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : pauseBefore(tried);
}

/** Spread, so that not all who lost the same gateway come back at once. */
function pauseBefore(tried: number): number {
  return FIRST_PAUSE * 2 ** (tried - 1) * (0.5 + Math.random());
}

function waited(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

import { type Agent, request } from 'undici';
import { Fault } from '../../domain/fault.ts';
import { requirePlainXml } from './plain-xml.ts';
import { toReadFault } from './read-fault.ts';

/** `origin`: the only one that gets the credentials. `timeout`: milliseconds for one request. `largest`: bytes of one answer. */
export type FetchOptions = {
  agent: Agent;
  origin: string;
  authorization: string | undefined;
  timeout: number;
  largest: number;
};

export type GuardedFetch = {
  fetch: typeof fetch;
  /** Where requests for this URL ended up, after redirects. */
  landed(url: string): string;
};

const MOST_REDIRECTS = 5;

/**
 * A `fetch` for servers that nobody vouches for: http and https, a bounded time and size, few redirects with the same method,
 * nothing compressed, XML without DTDs. Errors are Faults with advice.
 */
export function createGuardedFetch(options: FetchOptions): GuardedFetch {
  const landings = new Map<string, string>();

  async function guardedFetch(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Response> {
    const signal = AbortSignal.timeout(options.timeout);
    let url = usable(String(input));
    for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
      const answer = await once(options, url, init, signal).catch((error: unknown) => {
        throw toReadFault(error);
      });
      landings.set(String(input), url.href);
      if (answer instanceof Response) return answer;
      url = usable(answer.location, url);
    }
    throw new Fault('UNAVAILABLE', `The server redirects more than ${MOST_REDIRECTS} times; check the URL.`);
  }
  return { fetch: guardedFetch, landed: (url) => landings.get(url) ?? url };
}

async function once(
  { agent, origin, authorization, largest }: FetchOptions,
  url: URL,
  { method = 'GET', headers, body }: RequestInit,
  signal: AbortSignal,
): Promise<Response | { location: string }> {
  const own = url.origin === origin;
  const sent = new Headers(headers);
  sent.set('accept-encoding', 'identity');
  sent.set('user-agent', 'Earshot');
  if (own && authorization !== undefined) sent.set('authorization', authorization);
  const answer = await request(url, {
    dispatcher: agent,
    method: method as 'GET',
    headers: Object.fromEntries(sent),
    body: typeof body === 'string' ? body : null,
    signal,
  });
  const { location } = answer.headers;
  if ([301, 302, 303, 307, 308].includes(answer.statusCode) && typeof location === 'string') {
    answer.body.on('error', () => {}).destroy();
    return { location };
  }
  if (answer.statusCode === 401 && !own) throw otherOrigin();
  const { statusCode: status } = answer;
  const text = await readText(answer.body, largest);
  const type = String(answer.headers['content-type'] ?? '');
  if (status < 300 && type.toLowerCase().includes('xml')) requirePlainXml(text);
  return new Response(text === '' ? null : text, { status, headers: { 'content-type': type } });
}

async function readText(body: AsyncIterable<Buffer>, largest: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > largest) throw new Fault('PAYLOAD_TOO_LARGE', `The server’s answer is larger than ${largest} bytes.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function usable(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new Fault('INVALID_ARGUMENT', 'The server leads to a URL that is not https, or that has credentials in it.');
  return url;
}

function otherOrigin(): Fault {
  return new Fault(
    'UNAUTHENTICATED',
    'The server leads to another one, which is not given the credentials; link the URL of the address book on that one.',
  );
}

import { type Agent, type Dispatcher, request } from 'undici';
import { Fault } from '../../domain/fault.ts';
import type { Authorization } from './authorization.ts';
import { createMultistatusReader, type Multistatus } from './multistatus.ts';
import { toReadFault } from './read-fault.ts';

/** Milliseconds for one request and until its answer begins, and bytes of one answer. */
export type Limits = { timeout: number; firstByte: number; largest: number };

/** `origin`: the only one that gets the credentials. */
export type SessionOptions = { agent: Agent; origin: string; authorization: Authorization; limits: Limits };

/** The methods of WebDAV that are used (RFC 4918, section 9.1; RFC 3253, section 3.6), and one request of theirs. */
export type DavMethod = 'PROPFIND' | 'REPORT';
export type DavRequest = { method: DavMethod; url: string; depth: '0' | '1'; body: string };

/**
 * What a server says. `url`: where the request ended up, after redirects. `multistatus`: when the
 * answer is one, and its status says so; otherwise `text` is the beginning of what came instead.
 */
export type DavAnswer = { status: number; url: string; multistatus: Multistatus | undefined; text: string };

/** Asks one server, one thing after the other. @throws Fault with advice */
export type DavSession = (asked: DavRequest) => Promise<DavAnswer>;

const MOST_REDIRECTS = 5;
const MOST_REFUSALS = 2;
/** Characters of an answer that is no multistatus. */
const MOST_TEXT = 4_096;

/**
 * Requests to servers that nobody vouches for: http and https, a bounded time and size, few
 * redirects with the same method, nothing compressed, and of the answer only what is needed is
 * kept.
 */
export function createDavSession(options: SessionOptions): DavSession {
  return async (asked) => {
    const signal = AbortSignal.timeout(options.limits.timeout);
    let url = usable(asked.url);
    let refusals = 0;
    for (let hop = 0; hop <= MOST_REDIRECTS; ) {
      const answer = await once(options, asked, url, signal).catch((error: unknown) => {
        throw toReadFault(error);
      });
      if ('answer' in answer) return { ...answer.answer, url: url.href };
      if ('challenge' in answer) {
        refusals += 1;
        if (refusals > MOST_REFUSALS || !options.authorization.learn(answer.challenge))
          return { status: 401, url: url.href, multistatus: undefined, text: '' };
      } else {
        url = usable(answer.location, url);
        hop += 1;
      }
    }
    throw new Fault('UNAVAILABLE', `The server redirects more than ${MOST_REDIRECTS} times; check the URL.`);
  };
}

type Outcome = { location: string } | { challenge: string } | { answer: Omit<DavAnswer, 'url'> };

async function once(
  { agent, origin, authorization, limits }: SessionOptions,
  { method, depth, body }: DavRequest,
  url: URL,
  signal: AbortSignal,
): Promise<Outcome> {
  const own = url.origin === origin;
  const credentials = own ? authorization.of(method, url) : undefined;
  const response = await request(url, {
    dispatcher: agent,
    method: method as Dispatcher.HttpMethod,
    headers: {
      'accept-encoding': 'identity',
      'content-type': 'application/xml; charset=utf-8',
      'user-agent': 'Earshot',
      depth,
      ...(credentials === undefined ? {} : { authorization: credentials }),
    },
    body,
    headersTimeout: limits.firstByte,
    signal,
  });
  const { statusCode: status, headers } = response;
  const drop = () => response.body.on('error', () => {}).destroy();
  if ([301, 302, 303, 307, 308].includes(status) && typeof headers.location === 'string') {
    drop();
    return { location: headers.location };
  }
  if (status === 401) {
    drop();
    if (!own) throw otherOrigin();
    return { challenge: [headers['www-authenticate'] ?? ''].flat().join(', ') };
  }
  return { answer: { status, ...(await readBody(response.body, status, limits.largest)) } };
}

async function readBody(
  body: AsyncIterable<Buffer>,
  status: number,
  largest: number,
): Promise<Pick<DavAnswer, 'multistatus' | 'text'>> {
  const reader = status === 207 ? createMultistatusReader() : undefined;
  const decoder = new TextDecoder();
  let [text, length] = ['', 0];
  const take = (piece: string) => {
    if (reader) reader.write(piece);
    else if (text.length < MOST_TEXT) text += piece;
  };
  for await (const chunk of body) {
    length += chunk.length;
    if (length > largest) throw new Fault('PAYLOAD_TOO_LARGE', `The server’s answer is larger than ${largest} bytes.`);
    take(decoder.decode(chunk, { stream: true }));
  }
  take(decoder.decode());
  reader?.end();
  return { multistatus: reader?.result(), text };
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

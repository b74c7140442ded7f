// RFC 7616: HTTP Digest Access Authentication; RFC 8760: its algorithms in SIP.
import { hash, randomBytes } from 'node:crypto';

/** Who Earshot is to the presence server. */
export type Login = { user: string; password: string };

/** What the server asks for, as the library has read it from the answer. */
export type Challenge = {
  algorithm?: string;
  realm?: string;
  nonce?: string;
  opaque?: string | null;
  stale?: boolean | null;
  qop?: string | string[];
};

/** By the names of RFC 8760, the better one last; SIP has MD5 where none is named. */
const ALGORITHMS: Record<string, (text: string) => string> = {
  MD5: (text) => hash('md5', text),
  'SHA-256': (text) => hash('sha256', text),
};

/**
 * A refusal (401, 407) that asks for a digest in one way alone, the best that can be answered: the library reads the last one of them,
 * and nothing of a message with one that it cannot read (`Basic`). Any other message as it is.
 */
export function withBestChallenge(message: string): string {
  const [, status] = /^SIP\/2\.0 (401|407)\b/.exec(message) ?? [];
  if (status === undefined) return message;
  const end = message.indexOf('\r\n\r\n');
  const headers = message.slice(0, end).split(/\r\n(?![ \t])/);
  const asks = (header: string) => /^(?:www|proxy)-authenticate[ \t]*:/i.test(header);
  const best = headers
    .filter((header) => asks(header) && /^www/i.test(header) === (status === '401') && worth(header) >= 0)
    .toSorted((one, other) => worth(other) - worth(one))[0];
  const kept = headers.filter((header) => !asks(header) || header === best);
  return kept.map((header) => (header === best ? readable(header) : header)).join('\r\n') + message.slice(end);
}

/** The library takes an algorithm in quotes for none, and reads no list of protections with spaces in it: RFC 7616 has both. */
function readable(challenge: string): string {
  return challenge.replace(ALGORITHM, 'algorithm=$1').replace(PROTECTION, 'qop="auth"');
}

const ALGORITHM = /\balgorithm\s*=\s*"?([\w-]+)"?/i;
const PROTECTION = /\bqop\s*=\s*(?:"([^"]*)"|([\w-]+))/i;

/** Negative for what cannot be answered: another algorithm, or one that protects the body as well (`auth-int`) and nothing less. */
function worth(challenge: string): number {
  if (!/^[^:]*:\s*digest\b/i.test(challenge)) return -1;
  const [, quotedQop, qop = quotedQop] = PROTECTION.exec(challenge) ?? [];
  if (qop !== undefined && !qop.split(',').some((one) => one.trim().toLowerCase() === 'auth')) return -1;
  const [, algorithm = 'MD5'] = ALGORITHM.exec(challenge) ?? [];
  return Object.keys(ALGORITHMS).indexOf(algorithm.toUpperCase());
}

type Request = { method: string; ruri: { toString(): string } };

/**
 * The words by which a request is let in, in place of those of sip.js, which knows MD5 alone and has every request refused
 * once: here the last challenge serves for the next ones as well, until the server has another (RFC 7616, section 3.3). For one
 * connection: of two nobody knows in which order a server reads what they send, and it may take a count that is behind for a copy.
 */
export function createDigest({ user, password }: Login) {
  let last: Challenge | undefined;
  let count = 0;

  function words({ method, ruri }: Request): string | undefined {
    if (!last) return undefined;
    const { realm = '', nonce = '', opaque, qop } = last;
    const algorithm = last.algorithm || 'MD5';
    const digest = ALGORITHMS[algorithm.toUpperCase()];
    if (!digest) return undefined;
    count += 1;
    const [nc, cnonce] = [count.toString(16).padStart(8, '0'), randomBytes(8).toString('hex')];
    const [ha1, ha2] = [digest(`${user}:${realm}:${password}`), digest(`${method}:${ruri}`)];
    const protectedBy = qop === undefined ? `${nonce}` : `${nonce}:${nc}:${cnonce}:auth`;
    return [
      `Digest username="${quoted(user)}", realm="${quoted(realm)}", nonce="${quoted(nonce)}", uri="${ruri}"`,
      `response="${digest(`${ha1}:${protectedBy}:${ha2}`)}", algorithm=${algorithm}`,
      ...(qop === undefined ? [] : [`qop=auth, nc=${nc}, cnonce="${cnonce}"`]),
      ...(opaque ? [`opaque="${quoted(opaque)}"`] : []),
    ].join(', ');
  }

  return {
    /** For a request that was not refused yet; undefined where nothing was asked for before. */
    words,

    /** What sip.js asks for, for one request that was refused; false for what cannot be answered. */
    answerTo(request: Request, challenge: Challenge): string | undefined {
      const { nonce, qop } = challenge;
      if (nonce === undefined || (qop !== undefined && ![qop].flat().includes('auth'))) return undefined;
      if (nonce !== last?.nonce) count = 0;
      last = challenge;
      return words(request);
    },
  };
}

export type Digest = ReturnType<typeof createDigest>;

function quoted(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}

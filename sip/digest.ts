// RFC 7616: HTTP Digest Access Authentication; RFC 8760: its algorithms in SIP.
import { hash, randomBytes } from 'node:crypto';

/** What the server asks for, as the library has read it from the answer. */
export type Challenge = {
  algorithm?: string;
  realm?: string;
  nonce?: string;
  opaque?: string | null;
  stale?: boolean | null;
  qop?: string | string[];
};

/** By the names of RFC 8760; SIP has MD5 where none is named. */
const ALGORITHMS: Record<string, (text: string) => string> = {
  MD5: (text) => hash('md5', text),
  'SHA-256': (text) => hash('sha256', text),
};

type Request = { method: string; ruri: { toString(): string } };

/**
 * The words by which a request is let in, in place of those of sip.js, which knows MD5 alone and has every request refused
 * once: here the last challenge serves for the next ones as well, until the server has another (RFC 7616, section 3.3).
 */
export function createDigest({ user, password }: { user: string; password: string }) {
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

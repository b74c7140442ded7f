import { createHash, randomBytes } from 'node:crypto';

/** What a server asks for (RFC 7616, section 3.3). */
export type DigestChallenge = {
  realm: string;
  nonce: string;
  opaque: string | undefined;
  algorithm: string | undefined;
  /**
   * Whether the answer says how often the nonce was used; servers of before RFC 2617 do not know
   * that.
   */
  qop: boolean;
  hashesUser: boolean;
};

type Attempt = { method: string; uri: string; count: number; cnonce?: string };

const HASHES: Record<string, string> = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' };

/**
 * The first challenge in WWW-Authenticate (RFC 9110, section 11.6.1) that can be answered: Digest,
 * with a hash that is known and without `auth-int` alone.
 */
export function digestChallengeIn(header: string): DigestChallenge | undefined {
  return header
    .split(/(?=\bDigest\s)/i)
    .filter((part) => /^Digest\s/i.test(part))
    .map(toChallenge)
    .find((challenge) => challenge !== undefined);
}

function toChallenge(text: string): DigestChallenge | undefined {
  const found: Record<string, string> = {};
  // A name begins where no name goes on: a stranger may send one of sixteen thousand characters.
  for (const [, name = '', quoted, bare] of text.matchAll(
    /(?<![\w*-])([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g,
  ))
    found[name.toLowerCase()] ??= quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '';
  const { realm, nonce, opaque, algorithm, qop, userhash } = found;
  if (realm === undefined || nonce === undefined || hashOf(algorithm) === undefined) return undefined;
  const qops = qop?.toLowerCase().split(/[\s,]+/);
  if (qops && !qops.includes('auth')) return undefined;
  return { realm, nonce, opaque, algorithm, qop: qops !== undefined, hashesUser: userhash?.toLowerCase() === 'true' };
}

/**
 * The header Authorization that answers the challenge (RFC 7616, section 3.4). `count`: how often
 * the nonce is used, from 1.
 */
export function digestAuthorization(
  challenge: DigestChallenge,
  user: { username: string; password: string },
  { method, uri, count, cnonce = randomBytes(16).toString('base64url') }: Attempt,
): string {
  const { realm, nonce, opaque, algorithm, qop, hashesUser } = challenge;
  const hash = (text: string) =>
    createHash(hashOf(algorithm) ?? 'md5')
      .update(text)
      .digest('hex');
  const nc = count.toString(16).padStart(8, '0');
  const secret = hash(`${user.username}:${realm}:${user.password}`);
  const session = algorithm?.toLowerCase().endsWith('-sess') ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
  const asked = hash(`${method}:${uri}`);
  const response = hash(
    qop ? [session, nonce, nc, cnonce, 'auth', asked].join(':') : [session, nonce, asked].join(':'),
  );
  const username = hashesUser ? hash(`${user.username}:${realm}`) : user.username;
  const fields = [
    /^[\x20-\x7e]*$/.test(username)
      ? `username="${quote(username)}"`
      : `username*=UTF-8''${encodeURIComponent(username)}`,
    `realm="${quote(realm)}"`,
    `nonce="${quote(nonce)}"`,
    `uri="${uri}"`,
    `response="${response}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque="${quote(opaque)}"`]),
    ...(qop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : []),
    ...(hashesUser ? ['userhash=true'] : []),
  ];
  return `Digest ${fields.join(', ')}`;
}

/** The name that Node has for it; undefined for one that is not known. */
function hashOf(algorithm = 'md5'): string | undefined {
  return HASHES[algorithm.toLowerCase().replace(/-sess$/, '')];
}

function quote(text: string): string {
  return text.replaceAll(/["\\]/g, '\\$&');
}

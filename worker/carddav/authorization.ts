import { authorizationOf, type SourceCredentials } from '../../domain/book/source.ts';
import { type DigestChallenge, digestAuthorization, digestChallengeIn } from './digest.ts';

/** Answers what one server asks for. */
export type Authorization = {
  /** The header Authorization; undefined for none. */
  of(method: string, url: URL): string | undefined;
  /**
   * Takes a server's refusal; whether the same request is to be sent again, with what it asks for.
   */
  learn(challenge: string): boolean;
};

/**
 * A password is sent as Basic asks (RFC 7617) until the server asks for Digest (RFC 7616), from
 * then on as that asks. A nonce that has expired is replaced by the one that comes with the
 * refusal; one that is refused again means what it says.
 */
export function createAuthorization(credentials: SourceCredentials): Authorization {
  const plain = authorizationOf(credentials);
  const user = 'username' in credentials ? (credentials as { username: string; password: string }) : undefined;
  let digest: DigestChallenge | undefined;
  let count = 0;
  return {
    of(method, { pathname, search }) {
      if (!digest || !user) return plain;
      count += 1;
      return digestAuthorization(digest, user, { method, uri: pathname + search, count });
    },
    learn(challenge) {
      const asked = digestChallengeIn(challenge);
      if (!asked || !user || asked.nonce === digest?.nonce) return false;
      [digest, count] = [asked, 0];
      return true;
    },
  };
}

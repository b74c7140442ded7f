import { authorizationOf, type SourceCredentials } from '../../domain/book/source.ts';
import { type DigestChallenge, digestAuthorization, digestChallengeIn } from './digest.ts';

/** Answers what one server asks for. */
export type Authorization = {
  /** The header Authorization; undefined for none. */
  of(method: string, url: URL): string | undefined;
  /**
   * Reads the challenge of a 401; returns whether the request is to be sent again with an answer to it.
   */
  learn(challenge: string): boolean;
};

/**
 * A password is sent as Basic asks (RFC 7617) until the server asks for Digest (RFC 7616), from
 * then on as that asks. A refusal with a new nonce means that the former has expired, and the request
 * is sent again; one with the same nonce means that the credentials are wrong.
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

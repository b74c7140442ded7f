import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Fault } from '../../domain/fault.ts';
import type { OAuthConfig } from '../../runtime/config/edge-config.ts';
import type { Context } from '../context.ts';
import { findKeySet } from './issuer-metadata.ts';
import { createRemoteKeys, type RemoteKeyOptions } from './remote-keys.ts';

/** What an access token says. `scopes`: as the issuer named them. */
export type AccessToken = { clientId: string; scopes: string[] };

/**
 * Reads an OAuth 2.0 access token. @throws Fault UNAUTHENTICATED when it is not to be trusted, UNAVAILABLE when the issuer's
 * keys cannot be had: nothing is taken unchecked.
 */
export type ReadAccessToken = (token: string) => Promise<AccessToken>;

/** Signatures that only the issuer can make: none at all, and those with a shared secret, are not among them. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
/** Seconds by which the issuer's clock may differ. */
const CLOCK_TOLERANCE = 60;

/** Checks tokens of the configured issuer as RFC 9068, section 4, demands. `now`: milliseconds since the epoch; `elapsed`: those that only go on. */
export function createAccessTokenReader(
  config: OAuthConfig,
  { now, elapsed }: Pick<Context, 'now' | 'elapsed'>,
  cooldown?: number,
): ReadAccessToken {
  const keyOf = createKeySource(config, { cooldown, elapsed });
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keyOf, {
        issuer: config.issuer,
        audience: config.audience,
        typ: 'at+jwt',
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE,
        currentDate: new Date(now()),
        requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id'],
      });
      if (typeof payload.client_id !== 'string') throw notValid();
      return { clientId: payload.client_id, scopes: typeof payload.scope === 'string' ? payload.scope.split(' ') : [] };
    } catch (err) {
      throw err instanceof Fault ? err : notValid();
    }
  };
}

/** The issuer's keys; a token whose key is not among them is not valid. */
function createKeySource({ jwksUrl, issuer }: OAuthConfig, options: RemoteKeyOptions): JWTVerifyGetKey {
  const keyOf = createRemoteKeys(async () => jwksUrl ?? (await findKeySet(issuer)), options);
  return async (header, token) => {
    try {
      return await keyOf(header, token);
    } catch (err) {
      if (err instanceof errors.JWKSNoMatchingKey || err instanceof errors.JWKSMultipleMatchingKeys) throw notValid();
      throw err;
    }
  };
}

function notValid(): Fault {
  return new Fault(
    'UNAUTHENTICATED',
    'The access token is not valid here, or it has expired; ask its issuer for a new one.',
  );
}

import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { Fault } from '../domain/fault.ts';

/** Milliseconds for fetching the keys of an issuer. */
const PATIENCE = 5_000;

/**
 * The public keys of an issuer. Those at an https:// address are kept for ten minutes and fetched anew, at most twice a minute, when
 * a key is not among them; a file is read once.
 * @throws Fault INVALID_ARGUMENT when the file holds no key
 */
export function createKeys(place: string): JWTVerifyGetKey {
  return place.startsWith('file:') ? fromFile(place) : fromAddress(place);
}

function fromFile(place: string): JWTVerifyGetKey {
  try {
    const text = readFileSync(new URL(place), 'utf8');
    if (text.trimStart().startsWith('{')) return createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
    const key = createPublicKey(text);
    return async () => key;
  } catch {
    throw new Fault('INVALID_ARGUMENT', `${place} of EARSHOT_ASSERTION_JWKS_URL is no JWKS and no public key in PEM.`);
  }
}

/** The getter throws Fault UNAVAILABLE when the keys cannot be had; an assertion must not be called wrong for that. */
function fromAddress(place: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(place), { timeoutDuration: PATIENCE });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (err) {
      if (err instanceof errors.JWKSNoMatchingKey || err instanceof errors.JWKSMultipleMatchingKeys) throw err;
      throw new Fault('UNAVAILABLE', 'The keys of the issuer cannot be had now; try again in a moment.');
    }
  };
}

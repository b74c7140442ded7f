import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { Fault } from '../../domain/fault.ts';
import { createRemoteKeys } from './remote-keys.ts';

/**
 * The public keys of an issuer: those at an https:// address are followed, a file is read once. `elapsed`: milliseconds that only go on.
 * @throws Fault INVALID_ARGUMENT when the file holds no key
 */
export function createKeys(place: string, elapsed: () => number): JWTVerifyGetKey {
  return place.startsWith('file:') ? fromFile(place) : createRemoteKeys(async () => place, { elapsed });
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

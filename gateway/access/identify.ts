import { createHash, timingSafeEqual } from 'node:crypto';
import { ALL_SCOPES } from '../../domain/access/scope.ts';
import { Fault } from '../../domain/fault.ts';
import type { Credential } from '../../store/login/credentials.ts';
import type { Context } from '../context.ts';
import { createAccessTokenReader } from './access-token.ts';
import type { Caller, Carrier } from './caller.ts';

/** Finds out who calls, from the header Authorization (RFC 6750, section 2.1). @throws Fault UNAUTHENTICATED */
export type Identify = (authorization: string | undefined) => Promise<Caller>;

/** Knows the operator's key, carriers' keys, access tokens of the issuer, and subscribers' tokens. */
export function createIdentify(context: Context): Identify {
  const { config, stores, now } = context;
  const readAccessToken = config.edge.oauth && createAccessTokenReader(config.edge.oauth, context);
  const operatorHash = hashOf(config.operatorKey);
  return async (authorization = '') => {
    const [, token] = /^bearer +(\S+) *$/i.exec(authorization) ?? [];
    if (token === undefined)
      throw new Fault('UNAUTHENTICATED', 'Send Authorization: Bearer with a credential or a subscriber’s token.');
    if (timingSafeEqual(hashOf(token), operatorHash))
      return { kind: 'operator', id: 'operator', scopes: ALL_SCOPES, ranges: [] };
    if (token.startsWith('esk_')) return toCarrier(await stores.credentials.ofKey(token, now()));
    if (readAccessToken && JWT.test(token)) {
      const { clientId, scopes } = await readAccessToken(token);
      const client = toCarrier(await stores.credentials.ofClient(clientId, now()));
      return { ...client, scopes: client.scopes.filter((scope) => scopes.includes(scope)) };
    }
    const owner = await stores.tokens.ownerOf(token, now());
    if (!owner) throw notValid();
    return { kind: 'subscriber', ...owner };
  };
}

/** Three parts, as a signed JWT has (RFC 7515, section 7.1); our own tokens have two at most. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

function toCarrier(credential: Credential | undefined): Carrier {
  if (!credential) throw notValid();
  const { kind, id, scopes, ranges, createdAt, home, expiresAt } = credential;
  return {
    kind,
    id,
    scopes,
    ranges,
    createdAt,
    ...(home !== undefined && { home }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** The same for what is wrong, expired and revoked. */
function notValid(): Fault {
  return new Fault('UNAUTHENTICATED', 'The credential or token is not valid, or it has expired; ask for a new one.');
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

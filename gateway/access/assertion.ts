import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { isSamePhone, parseE164 } from '../../domain/phone.ts';
import type { AssertionConfig } from '../../runtime/config/login-config.ts';
import { createKeys } from './assertion-keys.ts';
import { OAuthFault } from './oauth-fault.ts';

/** Public-key signatures only (RFC 7518, RFC 8037): with a shared secret whoever checks could also sign. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Of a kid, in a message: RFC 6749, section 5.2, allows no other characters. */
const UNSAYABLE = /[^\x21\x23-\x5b\x5d-\x7e]/g;
const LONGEST_KID = 64;
/** Seconds for which an assertion may be valid, and by which clocks may differ. */
const LONGEST_LIFE = 300;
const SKEW = 30;

/**
 * Who vouches for the number. `madeAt`: when the assertion was made at the earliest, by a clock of ours; `until`: from when on it is refused anyway. Both in
 * milliseconds since the epoch.
 */
export type Asserted = { phoneNumber: string; issuer: string; jti: string; madeAt: number; until: number };

/** Checks a signed JWT of a carrier that knows whose line it is (RFC 7523, section 3). `elapsed`: milliseconds that only go on. @throws OAuthFault invalid_grant, Fault UNAVAILABLE */
export function createAssertionCheck({ issuers, audience }: AssertionConfig, elapsed: () => number) {
  const known = new Map(issuers.map((one) => [one.issuer, { ...one, keyOf: createKeys(one.keys, elapsed) }]));

  return async (assertion: string, now: number): Promise<Asserted> => {
    const issuer = known.get(issuerOf(assertion));
    if (!issuer) throw refused('its issuer is not known here');
    const claims = await verify(assertion, issuer.keyOf, issuer.issuer, audience, now);
    const { jti, exp = 0, iat = exp - LONGEST_LIFE } = claims;
    if (typeof jti !== 'string' || jti === '' || jti.length > 256) throw refused('jti must have 1 to 256 characters');
    if (exp - now / 1000 > LONGEST_LIFE + SKEW) throw refused(`it is valid for more than ${LONGEST_LIFE} seconds`);
    const phoneNumber = numberIn(claims);
    if (issuer.ranges.length > 0 && !issuer.ranges.some((range) => phoneNumber.startsWith(range)))
      throw refused('the number is not one of the issuer’s');
    return { phoneNumber, issuer: issuer.issuer, jti, madeAt: (iat - SKEW) * 1000, until: (exp + SKEW + 1) * 1000 };
  };
}

function issuerOf(assertion: string): string {
  try {
    return decodeJwt(assertion).iss ?? '';
  } catch {
    throw refused('it is no JWT');
  }
}

async function verify(
  assertion: string,
  keyOf: JWTVerifyGetKey,
  issuer: string,
  audience: string,
  now: number,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(assertion, keyOf, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: SKEW,
      requiredClaims: ['exp', 'jti'],
      currentDate: new Date(now),
    });
    return payload;
  } catch (err) {
    if (err instanceof errors.JWTExpired) throw refused('it has expired');
    if (err instanceof errors.JWTClaimValidationFailed) throw refused(`its claim ${err.claim} does not fit`);
    if (err instanceof errors.JWKSNoMatchingKey)
      throw refused(`no key of its issuer has ${kidOf(assertion)} and its alg`);
    if (err instanceof errors.JWKSMultipleMatchingKeys)
      throw refused(`several keys of its issuer fit ${kidOf(assertion)}; its head must name one as kid`);
    // A key that does not fit the algorithm is a TypeError, and one that is broken a DOMException.
    if ([errors.JOSEError, TypeError, DOMException].some((kind) => err instanceof kind))
      throw refused('its signature does not fit');
    throw err;
  }
}

/** What the head of the assertion names its key by, for the one who looks for it. */
function kidOf(assertion: string): string {
  const { kid } = decodeProtectedHeader(assertion);
  return typeof kid === 'string' ? `the kid ${kid.slice(0, LONGEST_KID).replace(UNSAYABLE, '?')}` : 'no kid';
}

/**
 * `phone_number` (OpenID Connect Core, section 5.1), unless the issuer says that it was not verified, or `sub` as a tel: URI; with both they must
 * agree.
 */
function numberIn({ sub, phone_number: claim, phone_number_verified: verified }: JWTPayload): string {
  if (verified !== undefined && verified !== true) throw refused('its claim phone_number_verified is not true');
  const claimed = claim === undefined ? [] : [typeof claim === 'string' ? parseE164(claim) : undefined];
  const line = /^tel:(.*)$/is.exec(sub ?? '')?.[1];
  const [phoneNumber, other = phoneNumber] = [...claimed, ...(line === undefined ? [] : [lineOf(line) ?? ''])];
  if (phoneNumber === undefined || phoneNumber === '' || !isSamePhone(phoneNumber, other ?? ''))
    throw refused('it must name one valid number, as sub tel:+… or as phone_number');
  return phoneNumber;
}

/** A global number with its visual separators and without parameters, as an extension is nobody's line (RFC 3966, section 3). */
function lineOf(number: string): string | undefined {
  return /^\+[\d\-.()]+$/.test(number) ? parseE164(number.replace(/[-.()]/g, '')) : undefined;
}

function refused(why: string): OAuthFault {
  return new OAuthFault('invalid_grant', `The assertion is not accepted: ${why}.`);
}

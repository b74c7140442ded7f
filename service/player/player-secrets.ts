import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { seal, unseal } from '../../runtime/secret/sealing.ts';
import type { ApplicationPassword } from '../../store/login/application-passwords.ts';

/** Crockford's base 32: nothing in it is mistaken for something else when it is typed. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new application password: 140 random bits in groups of four. It has 34 characters, because mpdscribble takes one of 32 for an MD5
 * digest and does not hash it.
 */
export function newPassword(): string {
  const letters = [...randomBytes(28)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
  return (letters.match(/.{4}/g) ?? []).join('-');
}

/** What is kept of a password: AudioScrobbler 1.2 checks MD5 of its MD5, so that is what must be there, encrypted (decision 60). */
export function sealPassword(key: Buffer, subscriberId: string, id: string, password: string): string {
  return seal(key, purposeOf(subscriberId, id), md5(password));
}

/** What is kept of a password: MD5 of it; undefined where the key has changed. */
export function digestOf(key: Buffer, subscriberId: string, { id, sealed }: ApplicationPassword): string | undefined {
  return unseal(key, purposeOf(subscriberId, id), sealed);
}

/** The one of these passwords whose MD5 digest `proves` accepts. */
export function findPassword(
  key: Buffer,
  subscriberId: string,
  passwords: readonly ApplicationPassword[],
  proves: (digest: string) => boolean,
): ApplicationPassword | undefined {
  return passwords.find((password) => {
    const digest = digestOf(key, subscriberId, password);
    return digest !== undefined && proves(digest);
  });
}

/**
 * The session of a password, the same each time: 192 bits that nobody can make without the key, in exactly the 32 characters that
 * VLC reads. `kind` keeps the sessions of different protocols apart.
 */
export function sessionOf(key: Buffer, kind: string, subscriberId: string, id: string): string {
  const purpose = JSON.stringify(['player session', kind, subscriberId, id]);
  return createHmac('sha256', key).update(purpose).digest().subarray(0, 24).toString('base64url');
}

/** The session that a password opens by itself, where a protocol asks for one secret and no name; made of the password's digest. */
export function tokenSessionOf(key: Buffer, digest: string): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['player token', digest]))
    .digest('base64url');
}

/** Hexadecimal, as the protocols write it. */
export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** Compares without telling by the time taken where two texts differ. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function purposeOf(subscriberId: string, id: string): string {
  return `application-password:${subscriberId}:${id}`;
}

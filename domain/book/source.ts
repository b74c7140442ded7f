/** The name of the book that a Quicksy client sends. It is no network address book: nothing is read, and its numbers have no names. */
export const PHONE_BOOK = 'quicksy';

/** Of a network address book: a user's name and password, or a token; neither for one that is open to all. */
export type SourceCredentials =
  | { username: string; password: string }
  | { bearerToken: string }
  | Record<string, never>;

/** The Authorization header for them (RFC 7617, RFC 6750); undefined for none. */
export function authorizationOf(credentials: SourceCredentials): string | undefined {
  if ('bearerToken' in credentials) return `Bearer ${credentials.bearerToken}`;
  if (!('username' in credentials)) return undefined;
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
}

/** For what the credentials of a source are sealed, so that they open for this source only. */
export function sealPurpose(subscriberId: string, name: string): string {
  return `source ${subscriberId} ${name}`;
}

const FIRST_RETRY = 60_000;

/** Milliseconds until a source is read again after it has failed `failures` times in a row: a minute, doubling up to the usual interval. */
export function retryDelay(failures: number, interval: number): number {
  return Math.min(interval, FIRST_RETRY * 2 ** Math.min(failures - 1, 20));
}

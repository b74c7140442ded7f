import type { Grant } from '../../domain/access/grant.ts';
import { scopeOf } from '../../domain/subscription/event-types.ts';
import { type Credential, isAlive } from '../../store/login/credentials.ts';
import type { Subscription } from '../../store/subscription/subscription-record.ts';

/** How a credential is read by its id. */
export type CredentialOf = (id: string) => Promise<Credential | undefined>;

/** For which numbers the owner may be told; undefined when its credential is gone, or may not read what it asked for. */
export async function grantOf(
  credentialOf: CredentialOf,
  { owner, kinds }: Subscription,
  now: number,
): Promise<Pick<Grant, 'ranges'> | undefined> {
  if (owner === 'operator') return { ranges: [] };
  const credential = await credentialOf(owner);
  if (!credential || !isAlive(credential, now)) return undefined;
  const { ranges, scopes } = credential;
  return kinds.map(scopeOf).every((scope) => scopes.includes(scope)) ? { ranges } : undefined;
}

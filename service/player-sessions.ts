import type { ServiceContext } from './context.ts';
import { findPassword, sessionOf } from './player-secrets.ts';
import type { Source } from './playing.ts';

/** The protocols that know an application password; the name is what the device's name begins with. */
export type Protocol = 'audioscrobbler' | 'lastfm' | 'web-scrobbler';

/** Every protocol in which a password has a session. */
export const PROTOCOLS: readonly Protocol[] = ['audioscrobbler', 'lastfm', 'web-scrobbler'];

/** The device of a password in a protocol. */
export function deviceOf(protocol: Protocol, passwordId: string): string {
  return `${protocol}-${passwordId}`;
}

/** Opens the session of the password whose MD5 digest `proves` accepts; undefined when there is none. */
export async function logIn(
  context: ServiceContext,
  protocol: Protocol,
  subscriberId: string,
  proves: (digest: string) => boolean,
): Promise<string | undefined> {
  const { stores, config } = context;
  if (!(await stores.subscribers.get(subscriberId))) return undefined;
  const passwords = await stores.applicationPasswords.list(subscriberId);
  const password = findPassword(config.secretsKey, subscriberId, passwords, proves);
  return password && openSession(context, protocol, subscriberId, password.id);
}

/** Opening a session that is open gives the same again. */
export async function openSession(
  { stores, config }: ServiceContext,
  protocol: Protocol,
  subscriberId: string,
  passwordId: string,
): Promise<string> {
  const session = sessionOf(config.secretsKey, protocol, subscriberId, passwordId);
  await stores.playerSessions.open(session, { subscriberId, passwordId });
  return session;
}

/** The device behind a session of this protocol, named as its password is; undefined when the password is revoked or the subscriber gone. */
export async function sourceOf(
  { stores, config }: ServiceContext,
  protocol: Protocol,
  session: string,
): Promise<Source | undefined> {
  const whose = await stores.playerSessions.whose(session);
  if (!whose) return undefined;
  const { subscriberId: id, passwordId } = whose;
  if (sessionOf(config.secretsKey, protocol, id, passwordId) !== session) return undefined;
  const [subscriber, password] = await Promise.all([
    stores.subscribers.get(id),
    stores.applicationPasswords.get(id, passwordId),
  ]);
  return subscriber && password && { id, device: deviceOf(protocol, passwordId), player: password.name };
}

/** Forgets the sessions of a password that is revoked. */
export async function closeSessions(
  { stores, config }: ServiceContext,
  subscriberId: string,
  passwordId: string,
): Promise<void> {
  await Promise.all(
    PROTOCOLS.map((protocol) =>
      stores.playerSessions.close(sessionOf(config.secretsKey, protocol, subscriberId, passwordId)),
    ),
  );
}

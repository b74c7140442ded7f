import type { ApplicationPassword } from '../../store/login/application-passwords.ts';
import type { PlayerSession } from '../../store/login/player-sessions.ts';
import type { ServiceContext } from '../context.ts';
import type { Source } from '../playing/playing.ts';
import { digestOf, findPassword, md5, sameText, sessionOf, tokenSessionOf } from './player-secrets.ts';

/** The protocols that know an application password; the name is what the device's name begins with. */
export type Protocol = 'audioscrobbler' | 'lastfm' | 'web-scrobbler';

/** Every protocol in which a password has a session of its own. */
const PROTOCOLS: readonly Protocol[] = ['audioscrobbler', 'lastfm', 'web-scrobbler'];

/** The device of a password in a protocol; in ListenBrainz the client's name may follow. */
export function deviceOf(protocol: Protocol | 'listenbrainz', passwordId: string): string {
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

/** Makes the password alone enough, as a ListenBrainz token is. */
export async function openToken(
  { stores, config }: ServiceContext,
  subscriberId: string,
  passwordId: string,
  password: string,
): Promise<void> {
  const session = tokenSessionOf(config.secretsKey, md5(password));
  await stores.playerSessions.open(session, { subscriberId, passwordId });
}

/** The device of the password that somebody gives as a token; undefined when it is none, or revoked, or the subscriber is gone. */
export async function sourceOfToken(context: ServiceContext, token: string): Promise<Source | undefined> {
  const { stores, config } = context;
  const digest = md5(token);
  const whose = await stores.playerSessions.whose(tokenSessionOf(config.secretsKey, digest));
  const password = whose && (await passwordOf(context, whose));
  if (!password) return undefined;
  const { subscriberId: id } = whose;
  if (!sameText(digestOf(config.secretsKey, id, password) ?? '', digest)) return undefined;
  return { id, device: deviceOf('listenbrainz', password.id), player: password.name };
}

/** The device behind a session of this protocol, named as its password is; undefined when the password is revoked or the subscriber gone. */
export async function sourceOf(
  context: ServiceContext,
  protocol: Protocol,
  session: string,
): Promise<Source | undefined> {
  const { stores, config } = context;
  const whose = await stores.playerSessions.whose(session);
  if (!whose) return undefined;
  const { subscriberId: id, passwordId } = whose;
  if (sessionOf(config.secretsKey, protocol, id, passwordId) !== session) return undefined;
  const password = await passwordOf(context, whose);
  return password && { id, device: deviceOf(protocol, passwordId), player: password.name };
}

/** Undefined when it is revoked, or its subscriber is gone. */
async function passwordOf(
  { stores }: ServiceContext,
  { subscriberId, passwordId }: PlayerSession,
): Promise<ApplicationPassword | undefined> {
  const [subscriber, password] = await Promise.all([
    stores.subscribers.get(subscriberId),
    stores.applicationPasswords.get(subscriberId, passwordId),
  ]);
  return subscriber && password;
}

/** Forgets the sessions of a password that is revoked. */
export async function closeSessions(
  { stores, config }: ServiceContext,
  subscriberId: string,
  password: ApplicationPassword,
): Promise<void> {
  const key = config.secretsKey;
  const digest = digestOf(key, subscriberId, password);
  const sessions = [
    ...PROTOCOLS.map((protocol) => sessionOf(key, protocol, subscriberId, password.id)),
    ...(digest === undefined ? [] : [tokenSessionOf(key, digest)]),
  ];
  await Promise.all(sessions.map((session) => stores.playerSessions.close(session, { subscriberId })));
}

/** Whether the device is one of this password's players. */
export function isDeviceOf(passwordId: string, device: string): boolean {
  const own = [...PROTOCOLS, 'listenbrainz' as const].map((protocol) => deviceOf(protocol, passwordId));
  return own.some((name) => device === name || device.startsWith(`${name}-`));
}

import { Fault } from '../../domain/fault.ts';
import { cleanText } from '../../domain/text.ts';
import { type ApplicationPassword, MOST_APPLICATION_PASSWORDS } from '../../store/login/application-passwords.ts';
import type { ServiceContext } from '../context.ts';
import { stopPlaying } from '../playing/playing.ts';
import { newPassword, sealPassword } from './player-secrets.ts';
import { closeSessions, isDeviceOf, openSession, openToken } from './player-sessions.ts';

/** `password` and `webhook`, the secret end of the webhook's path: told this once. */
export type CreatedPassword = { kept: ApplicationPassword; password: string; webhook: string };

/** A password for one player. @throws Fault INVALID_ARGUMENT, NOT_FOUND (no such subscriber), CONFLICT (too many) */
export async function createApplicationPassword(
  context: ServiceContext,
  subscriberId: string,
  nameText: string,
): Promise<CreatedPassword> {
  const { stores, config, now } = context;
  const name = toName(nameText);
  const password = newPassword();
  const id = stores.applicationPasswords.newId();
  const sealed = sealPassword(config.secretsKey, subscriberId, id, password);
  const kept: ApplicationPassword = { id, name, sealed, createdAt: now() };
  const outcome = await stores.applicationPasswords.add(subscriberId, kept);
  if (outcome === 'gone') throw new Fault('NOT_FOUND', 'There is no such subscriber.');
  if (outcome === 'too-many')
    throw new Fault(
      'CONFLICT',
      `There are ${MOST_APPLICATION_PASSWORDS} application passwords already; revoke one that is no longer used.`,
    );
  await openToken(context, subscriberId, id, password);
  return { kept, password, webhook: await openSession(context, 'web-scrobbler', subscriberId, id) };
}

/** What its player plays stops, too. False when there is no such password. */
export async function revokeApplicationPassword(
  context: ServiceContext,
  subscriberId: string,
  passwordId: string,
): Promise<boolean> {
  const { stores } = context;
  const password = await stores.applicationPasswords.get(subscriberId, passwordId);
  if (!password || !(await stores.applicationPasswords.revoke(subscriberId, passwordId))) return false;
  await closeSessions(context, subscriberId, password);
  const { devices } = await stores.nowPlaying.read(subscriberId);
  for (const { device } of devices)
    if (isDeviceOf(passwordId, device)) await stopPlaying(context, { id: subscriberId, device });
  return true;
}

function toName(text: string): string {
  const name = cleanText(text);
  if (name === '') throw new Fault('INVALID_ARGUMENT', 'name has no visible character; say which player it is for.');
  return name;
}

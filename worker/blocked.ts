import { openBlocked, toBlockedNumber } from '../store/friendship/blocked-number.ts';
import type { Blocked } from '../store/friendship/privacy.ts';
import type { Context } from './context.ts';

/**
 * Puts the numbers that a subscriber blocks under the operator's present keys, so that blocks outlive a change of the number key. One that
 * cannot be read stays under the keys it had. @throws Fault FAILED_PRECONDITION when the settings changed meanwhile; try again
 */
export async function blockAgain({ stores, numberKeys, secretsKey, log, now }: Context, id: string): Promise<void> {
  const [{ privacy, version }, blocked] = await Promise.all([stores.privacies.read(id), stores.privacies.blocked(id)]);
  let unread = 0;
  const again = blocked.flatMap((one): Blocked[] => {
    if (!('numberKey' in one)) return [one];
    if (one.sealed === undefined) return [];
    const phoneNumber = openBlocked(secretsKey, id, one.sealed);
    if (phoneNumber !== undefined) return toBlockedNumber(numberKeys, phoneNumber, one.sealed);
    unread += 1;
    return [one];
  });
  if (unread > 0) {
    log.warn(
      { subject: id, unread },
      'blocked numbers cannot be read: EARSHOT_SECRETS_KEY is not the one they were kept under',
    );
    // Their other forms are not to be told from those of the numbers that can be read.
    again.push(...blocked.filter((one) => 'numberKey' in one && one.sealed === undefined));
  }
  if (again.length > 0) await stores.privacies.put(id, privacy, again, version, now());
}

import { randomBytes } from 'node:crypto';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { keepInMind } from '../lapses/told-lately.ts';
import { Denied } from '../stream/denied.ts';
import type { AccountContext } from './account-removal.ts';

/** Milliseconds until a server that would not lock anybody out is asked again. */
const REFUSED = 60_000;

/**
 * Gives the account that password, and logs out whoever is connected to it. Where the server takes the password and logs nobody
 * out, that is said and done without. @throws Denied, Fault UNAVAILABLE
 */
export async function setPassword(
  { accounts, log, advice }: Pick<AccountContext, 'accounts' | 'log' | 'advice'>,
  { id, jid }: Pick<Subscriber, 'id' | 'jid'>,
  password: string,
): Promise<void> {
  await accounts.setPassword(jid, password);
  try {
    await accounts.logOut?.(jid);
  } catch (err) {
    if (!(err instanceof Denied)) throw err;
    log.error(
      { err, subject: id },
      `an account has another password, and who is connected to it stays so; ${advice(['accounts'])}`,
    );
  }
}

/**
 * Gives an account that Earshot made a password that nobody knows. False where the server would not: it is asked again after a
 * minute. Can be done twice.
 */
export async function lockOut(context: AccountContext, subscriber: Subscriber): Promise<boolean> {
  const { stores, accounts, advice, log, now } = context;
  const { id, jid } = subscriber;
  try {
    if ((await stores.accounts.madeFor(id)).includes(jid) && (await accounts.exists(jid))) {
      await keepInMind(context, id, [{ what: 'locked-out' }]);
      await setPassword(context, subscriber, randomBytes(24).toString('base64url'));
    }
  } catch (err) {
    if (!(err instanceof Denied)) throw err;
    log.error({ err, subject: id }, `the server locks nobody out of an account; ${advice(['accounts'])}`);
    await stores.due.postpone('account', id, now() + REFUSED);
    return false;
  }
  await stores.lockOuts.done(id);
  return true;
}

import { randomBytes } from 'node:crypto';
import { domainOf } from '../../domain/account/jid.ts';
import { Fault } from '../../domain/fault.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { ServiceContext } from '../context.ts';
import { askForAccount, requireComponent } from './account-request.ts';

/** Of 144 random bits, in characters that every client takes. */
export function newAccountPassword(): string {
  return randomBytes(18).toString('base64url');
}

/**
 * Gives the XMPP account that Earshot made for the subscriber a new password, and returns it: nothing keeps it. The one before does not log in any
 * more, and whoever is connected is logged out. After UNAVAILABLE either may hold: ask again.
 * @throws Fault CONFLICT (the account was not made here, or somebody else is just setting a password), NOT_FOUND (the subscriber left meanwhile),
 * UNAVAILABLE
 */
export async function renewAccountPassword(
  context: ServiceContext,
  { id, jid }: Subscriber,
  password = newAccountPassword(),
): Promise<string> {
  if (!(await context.stores.accounts.madeFor(id)).includes(jid)) throw notMadeHere();
  await requireComponent(context, domainOf(jid));
  const state = await askForAccount(context, id, password);
  await context.stores.accounts.forget(id);
  if (state === 'made') return password;
  if (state === 'taken') throw notMadeHere();
  if (!(await context.stores.subscribers.get(id))) throw new Fault('NOT_FOUND', 'There is no such subscriber.');
  throw new Fault('UNAVAILABLE', 'The XMPP server has not set the password; try again.');
}

function notMadeHere(): Fault {
  return new Fault(
    'CONFLICT',
    'This XMPP account was not made here, so its password is not set here: use that of the account, or set another one at the XMPP server.',
  );
}

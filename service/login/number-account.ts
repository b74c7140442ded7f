import { domainOf } from '../../domain/account/jid.ts';
import { Fault } from '../../domain/fault.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { askForAccount, requireComponent } from '../account/account-request.ts';
import type { ServiceContext } from '../context.ts';
import { createSubscriber } from '../subscriber/new-subscriber.ts';
import { type Holder, openHolder } from './number-holder.ts';
import type { Proved } from './void-codes.ts';

/** `created`: the account is new; false when only its password is. `parted`: the id of the subscriber who had the number until now. */
export type NumberAccount = { subscriber: Subscriber; created: boolean; parted?: string };

/**
 * Gives whoever has proved to have the number the account `+E164@host`, at its home, with a password of its choice. An account that somebody else made, or
 * a subscriber who uses another one, is left alone. Where a subscriber was silent for long, its number counts as somebody else's by now, as nothing can be asked.
 * @throws Fault ALREADY_EXISTS, CONFLICT, UNAVAILABLE, UNAUTHENTICATED (the proof is void by now)
 */
export async function provideAccount(
  context: ServiceContext,
  proved: Proved,
  password: string,
): Promise<NumberAccount> {
  const { phoneNumber } = proved;
  const { subscriber: known, parted } = await holderAtTheTime(context, proved);
  if (!known) {
    const { subscriber } = await createSubscriber(context, [phoneNumber], '', undefined, { password, names: 'number' });
    return { subscriber, created: true, ...(parted === undefined ? {} : { parted }) };
  }
  if (known.jid !== `${phoneNumber}@${domainOf(known.jid)}`) throw otherAccount();
  await requireComponent(context, domainOf(known.jid));
  const state = await askForAccount(context, known.id, password);
  await context.stores.accounts.forget(known.id);
  if (state === 'taken') throw otherAccount();
  if (state !== 'made') throw new Fault('UNAVAILABLE', 'The XMPP server has not set the password; try again.');
  return { subscriber: known, created: false };
}

async function holderAtTheTime(context: ServiceContext, proved: Proved): Promise<Holder> {
  try {
    return await openHolder(context, proved, 'unsaid');
  } catch (err) {
    if (!(err instanceof Fault && err.code === 'CONFIRMATION_REQUIRED')) throw err;
    return openHolder(context, proved, 'startAnew');
  }
}

function otherAccount(): Fault {
  return new Fault('ALREADY_EXISTS', 'This number belongs to an account that was not made here; use that account.');
}

import { hostForNew } from '../../domain/account/homes.ts';
import { Fault } from '../../domain/fault.ts';
import { isSamePhone } from '../../domain/phone.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { requireComponent } from '../account/account-request.ts';
import { lockOut } from '../account/locking-out.ts';
import type { ServiceContext } from '../context.ts';
import { removeSubscriber } from '../subscriber/departure.ts';
import {
  changeIdentity,
  isActiveOrOrdered,
  type PhoneNumbers,
  subscriberWith,
} from '../subscriber/subscriber-fields.ts';
import { revokeTokens } from './revoking.ts';
import { loginFailure } from './verification.ts';
import { type Proved, voidOthers } from './void-codes.ts';

/** What whoever proves a number says of the subscriber who has it: nothing yet, that it is itself, or that it is somebody else. */
export type Existing = 'unsaid' | 'continue' | 'startAnew';

/** `parted`: the id of the subscriber who had the number until now. */
export type Holder = { subscriber: Subscriber | undefined; parted?: string };

/**
 * The subscriber whom the proof of a number opens. Numbers are given to other people after a time,
 * and a proof says nothing of who had the number before. @throws Fault CONFIRMATION_REQUIRED (the
 * subscriber was silent for longer than the quarantine, and the prover has not said whether it is
 * the same person), UNAVAILABLE (no account could be made for who starts anew), UNAUTHENTICATED
 * (who starts anew has a proof that is void by now), CONFLICT (its account is ordered and not made yet). `host`: where who starts anew has an account
 */
export async function openHolder(
  context: ServiceContext,
  proved: Proved,
  existing: Existing,
  host = hostForNew(context.config.homes, proved.phoneNumber),
): Promise<Holder> {
  const { phoneNumber } = proved;
  const subscriber = await subscriberWith(context, phoneNumber, isActiveOrOrdered);
  if (!subscriber) return { subscriber };
  if (existing === 'startAnew') {
    await requireComponent(context, host);
    // Or who is refused afterwards would have erased somebody.
    if (!(await voidOthers(context, proved))) throw loginFailure();
    return { subscriber: undefined, parted: await partFromNumber(context, subscriber, phoneNumber) };
  }
  if (subscriber.ordered)
    throw new Fault('CONFLICT', 'The account for this number is just being made; try again in a few minutes.');
  if (existing === 'unsaid' && (await isSilent(context, subscriber)))
    throw new Fault(
      'CONFIRMATION_REQUIRED',
      'Somebody with this number has not been heard of for long. Send the same again, with existing: "continue" if that is you, or "startAnew" if the number was somebody else’s; then all that was theirs is erased.',
    );
  return { subscriber };
}

/** Nothing was heard of the subscriber for longer than it takes until numbers are given to others. */
export async function isSilent({ stores, config, now }: ServiceContext, { id, jid }: Subscriber): Promise<boolean> {
  const heardAt = (await stores.hearing.last(id)) ?? Number.NEGATIVE_INFINITY;
  if (now() - heardAt <= config.numberQuarantine) return false;
  // Whoever has been online all the time says nothing new.
  const [online = []] = await stores.presences.of([jid]);
  return online.length === 0;
}

/**
 * The number is somebody else's now: who had it keeps nothing that the number opens. With other numbers the subscriber stays, without its tokens,
 * application passwords and the password of an account that Earshot made; with none it is erased, and so is who waits for an account (decision 220). The subscriber's id.
 * @throws Fault CONFLICT
 */
export async function partFromNumber(
  context: ServiceContext,
  subscriber: Subscriber,
  phoneNumber: string,
): Promise<string> {
  const { id, ordered } = subscriber;
  const without = (present: Subscriber) =>
    phoneNumbersOf(present).filter((number) => !isSamePhone(number, phoneNumber));
  if (ordered || without(subscriber).length === 0) {
    await removeSubscriber(context, id);
    return id;
  }
  await changeIdentity(context, id, (present) => {
    const [primary, ...others] = without(present);
    // Somebody has just taken the others away; the next call finds that.
    if (primary === undefined) throw new Fault('CONFLICT', 'The subscriber is just being changed; try again.');
    return { phoneNumbers: [primary, ...others] satisfies PhoneNumbers, jid: present.jid };
  });
  await revokeTokens(context, id);
  await context.stores.applicationPasswords.revokeAll(id);
  await lockOut(context, id);
  return id;
}

import { type Grant, mayActFor, numbersWithin, reachOf, replaceWithin } from '../../domain/access/grant.ts';
import { Fault } from '../../domain/fault.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { type PhoneNumbers, toE164s } from './subscriber-fields.ts';

type Ranges = Pick<Grant, 'ranges'>;

/** For a number that the caller names itself: said without a look at whose it is. @throws Fault PERMISSION_DENIED */
export function requireReach(grant: Ranges, phoneNumber: string): void {
  if (!mayActFor(grant, phoneNumber))
    throw new Fault('PERMISSION_DENIED', 'The number is outside the ranges of this credential; ask the operator.');
}

/** For what a subscriber has once for all its numbers, such as its name. @throws Fault PERMISSION_DENIED */
export function requireWhole(grant: Ranges, subscriber: Subscriber): void {
  if (reachOf(grant, phoneNumbersOf(subscriber)) !== 'whole')
    throw new Fault(
      'PERMISSION_DENIED',
      'The subscriber has numbers outside the ranges of this credential, too, which can change its own numbers only.',
    );
}

/**
 * A subscriber's numbers when those that the grant reaches become `primary` and `others`; without them the first of these, and the rest, stay. So do
 * all that it does not reach, each in its place, and these do not count: that would tell of them how many there are (decision 221).
 * @throws Fault INVALID_ARGUMENT, PERMISSION_DENIED (one that is wanted is outside the ranges)
 */
export function renumbered(
  grant: Ranges,
  subscriber: Subscriber,
  { primary, others }: { primary: string | undefined; others: readonly string[] | undefined },
): PhoneNumbers {
  const present = phoneNumbersOf(subscriber);
  if (primary === undefined && others === undefined) return present;
  const [first = '', ...rest] = numbersWithin(grant, present);
  const wanted = toE164s(primary ?? first, others ?? rest);
  for (const number of wanted) requireReach(grant, number);
  return replaceWithin(grant, present, wanted) as PhoneNumbers;
}

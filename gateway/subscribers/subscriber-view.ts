import { type Grant, numbersWithin, reachOf } from '../../domain/access/grant.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';

/** Of a subscriber that the grant reaches in part: its own numbers, and nothing by which the others' subscriber is known. */
export function subscriberView(grant: Pick<Grant, 'ranges'>, subscriber: Subscriber) {
  const phoneNumbers = phoneNumbersOf(subscriber);
  if (reachOf(grant, phoneNumbers) === 'whole') return wholeView(subscriber);
  const [phoneNumber = '', ...otherPhoneNumbers] = numbersWithin(grant, phoneNumbers);
  return { phoneNumber, otherPhoneNumbers, shared: true as const };
}

/** The same for who reaches all of it. */
export function wholeView({ id, phoneNumber, otherPhoneNumbers = [], jid, displayName }: Subscriber) {
  return { subscriberId: id, phoneNumber, otherPhoneNumbers: [...otherPhoneNumbers], jid, displayName };
}

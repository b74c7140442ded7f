import { ownForms } from '../../domain/phone.ts';
import type { NumberKeys } from '../../runtime/secret/number-key.ts';

/**
 * `pending`: its XMPP account is being made; `leaving`: what Earshot did for it is being undone. Both are nobody to
 * the outside.
 */
export type SubscriberState = 'pending' | 'active' | 'leaving';

/** A subscriber's numbers and what they are hashed to. */
export type Numbers = {
  /** The primary number; its country is that of the address book. */
  phoneNumber: string;
  /** The keyed hash of the primary number. */
  numberKey: string;
  /** Further numbers; absent when there are none. */
  otherPhoneNumbers?: readonly string[];
  /**
   * Everything under which the directory has the subscriber: for each number, the primary first, and then for each other form
   * of these (`waysOf`), one hash for each of the operator's keys in use, the present one first. Absent: `numberKey` is all.
   */
  numberKeys?: readonly string[];
  /** Names of the operator's keys in use, in that order; absent when they are not known. */
  keyIds?: string;
};

/** A subscriber’s record (hash `subscriber`). `jid`: bare, and prepared. `displayName`: empty for none. */
export type Subscriber = Numbers & {
  id: string;
  jid: string;
  displayName: string;
  state: SubscriberState;
  /** Pending, and not to be given up: an import has ordered its account (`store/account/orders`). */
  ordered?: true;
  /** The host of another home, while what was done in the account there is being undone (decision 251). */
  leavesHome?: string;
};

/** Of somebody what a place has to know where others are shown what plays. `phoneNumber`: for a place where that is the address. */
export type Addressee = Pick<Subscriber, 'id' | 'jid' | 'state' | 'leavesHome'> &
  Partial<Pick<Subscriber, 'phoneNumber'>>;

/** False for who is leaving and for who is nobody any more; there is no way back from either. */
export function isStaying(subscriber: Subscriber | undefined): boolean {
  return subscriber !== undefined && subscriber.state !== 'leaving';
}

/** From the fields of the hash `subscriber`; undefined when there is none. */
export function toSubscriber(id: string, fields: Record<string, string>): Subscriber | undefined {
  const { phoneNumber, numberKey, jid, displayName, state, otherPhoneNumbers, numberKeys, keyIds, order } = fields;
  const { leavesHome } = fields;
  if (!phoneNumber || !numberKey || !jid || !state) return undefined;
  return {
    id,
    phoneNumber,
    numberKey,
    ...(otherPhoneNumbers ? { otherPhoneNumbers: otherPhoneNumbers.split(' ') } : {}),
    ...(numberKeys ? { numberKeys: numberKeys.split(' ') } : {}),
    ...(keyIds ? { keyIds } : {}),
    jid,
    displayName: displayName ?? '',
    state: state as SubscriberState,
    ...(order && state === 'pending' ? { ordered: true } : {}),
    ...(leavesHome ? { leavesHome } : {}),
  };
}

/** The numbers as fields of the hash `subscriber`; what is absent is empty. */
export function numberFields(numbers: Numbers): Record<string, string> {
  const { phoneNumber, numberKey, otherPhoneNumbers = [], numberKeys = [], keyIds = '' } = numbers;
  return {
    phoneNumber,
    numberKey,
    otherPhoneNumbers: otherPhoneNumbers.join(' '),
    numberKeys: numberKeys.join(' '),
    keyIds,
  };
}

/** Every key under which the directory has the subscriber, those of the primary number first. */
export function keysOf({ numberKey, numberKeys }: Pick<Numbers, 'numberKey' | 'numberKeys'>): readonly string[] {
  return numberKeys ?? [numberKey];
}

/** The numbers in E.164, the primary first. */
export function phoneNumbersOf({ phoneNumber, otherPhoneNumbers = [] }: Numbers): [string, ...string[]] {
  return [phoneNumber, ...otherPhoneNumbers];
}

/** Numbers in E.164, the primary first, as a record and the directory have them. */
export function hashNumbers(phoneNumbers: readonly [string, ...string[]], numberKeys: NumberKeys): Numbers {
  const [phoneNumber, ...others] = phoneNumbers;
  const hashes = waysOf(phoneNumbers).flatMap(({ form }) => numberKeys.of(form));
  return {
    phoneNumber,
    numberKey: hashes[0] as string,
    ...(others.length > 0 ? { otherPhoneNumbers: others } : {}),
    ...(hashes.length > 1 ? { numberKeys: hashes } : {}),
    keyIds: numberKeys.ids,
  };
}

/**
 * Each number as it is written, and then the other forms of the same phones: they are entered as well, so that no two
 * subscribers have one phone (decision 263).
 */
function waysOf(phoneNumbers: readonly string[]): { number: string; form: string }[] {
  const ways = new Map(phoneNumbers.map((number) => [number, number]));
  for (const number of phoneNumbers) for (const form of ownForms(number)) if (!ways.has(form)) ways.set(form, number);
  return [...ways].map(([form, number]) => ({ number, form }));
}

/** The number that is hashed to `key`, or a form of it; undefined when it is none of these. */
export function phoneNumberOf(numbers: Numbers, key: string): string | undefined {
  const [hashes, phoneNumbers] = [keysOf(numbers), phoneNumbersOf(numbers)];
  const at = hashes.indexOf(key);
  if (at < 0) return undefined;
  const each = numbers.keyIds?.split(' ').length ?? hashes.length / phoneNumbers.length;
  return waysOf(phoneNumbers)[Math.floor(at / each)]?.number;
}

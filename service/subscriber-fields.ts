import { Fault } from '../domain/fault.ts';
import { domainOf, parseBareJid } from '../domain/jid.ts';
import { parseE164 } from '../domain/phone.ts';
import { cleanText } from '../domain/text.ts';
import { hashNumbers, phoneNumbersOf, type Subscriber } from '../store/subscriber-record.ts';
import { untilClaimed } from './claiming.ts';
import type { ServiceContext } from './context.ts';

const MOST_NUMBERS = 10;

/** @throws Fault INVALID_ARGUMENT */
export function toE164(text: string, field = 'phoneNumber'): string {
  const phoneNumber = parseE164(text);
  if (phoneNumber === undefined)
    throw new Fault(
      'INVALID_ARGUMENT',
      `${field} must be a valid number in E.164 with its plus sign, such as +8613800138000.`,
    );
  return phoneNumber;
}

/** All numbers of one subscriber, the primary first, each once. @throws Fault INVALID_ARGUMENT */
export function toE164s(primary: string, others: readonly string[] = []): PhoneNumbers {
  const phoneNumbers = new Set([toE164(primary), ...others.map((text) => toE164(text, 'Each of otherPhoneNumbers'))]);
  if (phoneNumbers.size > MOST_NUMBERS)
    throw new Fault('INVALID_ARGUMENT', `A subscriber has at most ${MOST_NUMBERS} numbers.`);
  return [...phoneNumbers] as unknown as PhoneNumbers;
}

/** @throws Fault INVALID_ARGUMENT */
export function toJid(text: string, homeHost: string): string {
  const jid = parseBareJid(text);
  if (jid === undefined || domainOf(jid) !== homeHost)
    throw new Fault('INVALID_ARGUMENT', `jid must be a bare JID on ${homeHost}, such as alice@${homeHost}.`);
  return jid;
}

/** Changes the numbers, the JID, or both. @throws Fault ALREADY_EXISTS, CONFLICT, NOT_FOUND (the subscriber is gone) */
export async function changeIdentity(
  context: ServiceContext,
  subscriber: Subscriber,
  phoneNumbers: PhoneNumbers,
  jid = subscriber.jid,
): Promise<void> {
  const { stores, queues, numberKeys, now } = context;
  if (phoneNumbers.join() === phoneNumbersOf(subscriber).join() && jid === subscriber.jid) return;
  const { id } = subscriber;
  const numbers = hashNumbers(phoneNumbers, numberKeys);
  try {
    await untilClaimed(context, { id, jid, ...numbers }, () =>
      stores.subscribers.identity.change(id, { numbers, jid }, now()),
    );
  } finally {
    for (const queue of ['reconcile', 'roster', 'tune'] as const) await queues.enqueue(queue, [id]);
  }
}

/** Whoever has the number in its record: the directory alone may be a moment behind, or ahead. */
export async function subscriberWith(context: ServiceContext, phoneNumber: string): Promise<Subscriber | undefined> {
  const { stores, numberKeys } = context;
  for (const id of new Set(await stores.directory.owners(numberKeys.of(phoneNumber)))) {
    const subscriber = id === undefined ? undefined : await stores.subscribers.get(id);
    if (subscriber && phoneNumbersOf(subscriber).includes(phoneNumber)) return subscriber;
  }
  return undefined;
}

/** The primary one first. */
export type PhoneNumbers = [string, ...string[]];

/** Empty when none was given. @throws Fault INVALID_ARGUMENT */
export function toDisplayName(text: string | undefined): string {
  const displayName = cleanText(text ?? '');
  if (text !== undefined && displayName === '')
    throw new Fault('INVALID_ARGUMENT', 'displayName has no visible character; send a name or leave it out.');
  return displayName;
}

/** Friends whose book does not hold the number show the display name, so their rosters follow it. */
export async function rename(
  { stores, queues, now }: ServiceContext,
  { id }: Subscriber,
  displayName: string,
): Promise<void> {
  await stores.subscribers.rename(id, displayName);
  const friends = (await stores.friends.list(id)).map((friend) => friend.id);
  await stores.pairs.touch(id, friends, now());
  await queues.enqueue('reconcile', friends);
}

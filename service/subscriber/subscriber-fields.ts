import type { Homes } from '../../domain/account/homes.ts';
import { domainOf, parseBareJid } from '../../domain/account/jid.ts';
import { Fault } from '../../domain/fault.ts';
import { isSamePhone, lookupForms, parseE164, withoutTwins } from '../../domain/phone.ts';
import { cleanText } from '../../domain/text.ts';
import { wake } from '../../store/due/makes-due.ts';
import { hashNumbers, phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { ServiceContext } from '../context.ts';
import { untilClaimed } from './claiming.ts';

const MOST_NUMBERS = 10;
/** Texts of which these numbers are read. */
const MOST_WRITTEN = 100;

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

/** All numbers of one subscriber that a caller may name, the primary first, each once. @throws Fault INVALID_ARGUMENT */
export function toE164s(primary: string, others: readonly string[] = []): PhoneNumbers {
  // Before they are looked at; one number may stand there in several spellings.
  if (others.length > MOST_WRITTEN) throw tooManyNumbers();
  const written = [toE164(primary), ...others.map((text) => toE164(text, 'Each of otherPhoneNumbers'))];
  const phoneNumbers = withoutTwins(written);
  if (phoneNumbers.length > MOST_NUMBERS) throw tooManyNumbers();
  return phoneNumbers as PhoneNumbers;
}

function tooManyNumbers(): Fault {
  return new Fault('INVALID_ARGUMENT', `A subscriber has at most ${MOST_NUMBERS} numbers.`);
}

/** @throws Fault INVALID_ARGUMENT */
export function toJid(text: string, homes: Homes): string {
  const jid = parseBareJid(text);
  const hosts = homes.map(({ host }) => host);
  if (jid === undefined || !hosts.includes(domainOf(jid)))
    throw new Fault(
      'INVALID_ARGUMENT',
      `jid must be a bare JID on ${hosts.join(' or ')}, such as alice@${hosts[0]}: letters and digits of one direction before the @, and none that XMPP servers store as others (ß, final ς, ligatures, invisible characters); send it as the server writes it.`,
    );
  return jid;
}

/** What a subscriber shall be known by. */
type Identity = { phoneNumbers: PhoneNumbers; jid: string };

/**
 * Changes the numbers, the JID, or both. `wish` makes of the subscriber what it shall be, again for each change that somebody else makes
 * meanwhile: so nobody's change undoes another's. @throws Fault ALREADY_EXISTS, CONFLICT, NOT_FOUND (the subscriber is gone), and what `wish` throws
 */
export async function changeIdentity(
  context: ServiceContext,
  id: string,
  wish: (subscriber: Subscriber) => Identity,
): Promise<void> {
  const { stores, queues, numberKeys, now } = context;
  for (;;) {
    const subscriber = await stores.subscribers.get(id);
    if (!subscriber) throw new Fault('NOT_FOUND', 'There is no such subscriber.');
    const { phoneNumbers, jid } = wish(subscriber);
    if (phoneNumbers.join() === phoneNumbersOf(subscriber).join() && jid === subscriber.jid) return;
    const numbers = hashNumbers(phoneNumbers, numberKeys);
    try {
      const outcome = await untilClaimed(context, { id, jid, ...numbers }, () =>
        stores.subscribers.identity.change(id, { numbers, jid }, now(), subscriber),
      );
      if (outcome === 'ok') return;
    } finally {
      await wake(queues, jid === subscriber.jid ? 'renumbered' : 'moved', [id]);
      await wake(queues, 'readdressed', [id]);
    }
  }
}

/** Whether one of the subscriber's numbers is this phone, however each is written. */
export function hasPhone(subscriber: Subscriber, phoneNumber: string): boolean {
  return phoneNumbersOf(subscriber).some((number) => isSamePhone(number, phoneNumber));
}

/** @throws Fault CONFLICT when the number went to somebody else, or nobody, since the subscriber was found by it */
export function requireStillWith(subscriber: Subscriber, phoneNumber: string): void {
  if (!hasPhone(subscriber, phoneNumber))
    throw new Fault('CONFLICT', 'The subscriber has just given this number up; try again.');
}

/**
 * The subscriber whose record has the number, or another form of it. The directory alone does not say: it may be a moment
 * behind the record, or ahead of it.
 */
export async function subscriberWith(
  context: ServiceContext,
  phoneNumber: string,
  isThere = isActive,
): Promise<Subscriber | undefined> {
  return (await subscribersWith(context, [phoneNumber], isThere))[0];
}

function isActive({ state }: Subscriber): boolean {
  return state === 'active';
}

/** Also who comes to be with the account that an import has ordered. */
export function isActiveOrOrdered({ state, ordered }: Subscriber): boolean {
  return state === 'active' || ordered === true;
}

/** As `subscriberWith`, for many numbers at once, in their order. */
export async function subscribersWith(
  { stores, numberKeys }: ServiceContext,
  phoneNumbers: readonly string[],
  isThere = isActive,
): Promise<(Subscriber | undefined)[]> {
  // Who was added before all forms were entered is there under one.
  const hashes = phoneNumbers.map((phoneNumber) => lookupForms(phoneNumber).flatMap((form) => numberKeys.of(form)));
  const owners = await stores.directory.owners(hashes.flat());
  const records = await stores.subscribers.records([...new Set(owners.filter((id) => id !== undefined))]);
  const found = new Map(records.flatMap((record) => (record && isThere(record) ? [[record.id, record]] : [])));
  return phoneNumbers.map((phoneNumber, i) => {
    const own = owners.splice(0, hashes[i]?.length);
    const candidates = own.flatMap((id) => (id === undefined ? [] : (found.get(id) ?? [])));
    const asWritten = candidates.find((record) => phoneNumbersOf(record).includes(phoneNumber));
    return asWritten ?? candidates.find((record) => hasPhone(record, phoneNumber));
  });
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

/**
 * Friends whose book does not hold the number show the display name, so their rosters follow it. `ifSame`: only if the name is still the one of
 * `subscriber`. @throws Fault FAILED_PRECONDITION
 */
export async function rename(
  { stores, queues, now }: ServiceContext,
  { id, displayName: before }: Subscriber,
  displayName: string,
  ifSame = false,
): Promise<void> {
  if (!(await stores.subscribers.rename(id, displayName, ifSame ? before : undefined)))
    throw new Fault('FAILED_PRECONDITION', 'Somebody else has just changed the name; read the ETag and decide anew.');
  const friends = (await stores.friends.list(id)).map((friend) => friend.id);
  await stores.pairs.touch(id, friends, now());
  await wake(queues, 'paired', friends);
}

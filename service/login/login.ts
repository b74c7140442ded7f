import { Fault } from '../../domain/fault.ts';
import { cleanText, lengthOf } from '../../domain/text.ts';
import type { Issued } from '../../store/login/tokens.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { ServiceContext } from '../context.ts';
import { createSubscriber } from '../subscriber/new-subscriber.ts';
import { hasPhone, subscriberWith } from '../subscriber/subscriber-fields.ts';
import { type Existing, openHolder } from './number-holder.ts';
import { revokeToken } from './revoking.ts';
import { loginFailure } from './verification.ts';
import { isGood, type Proved, stampOf } from './void-codes.ts';

const LONGEST_DEVICE_NAME = 64;

/** `parted`: the id of the subscriber who had the number until now. */
export type LoggedIn = { subscriber: Subscriber; password?: string; parted?: string; issued: Issued };

/** How somebody wants to log in. */
export type Wish = { deviceName: string | undefined; existing: Existing };

/**
 * Logs in whoever has proved to have the number. Gives the number's subscriber, if the prover says
 * that it is the same person or need not say so, or a new one, whose password is returned this
 * once. `useUp` spends the proof; it is called after everything that may fail for long, and before
 * the token is made. @throws Fault UNAUTHENTICATED (meanwhile the number went to somebody else, or its SIM was swapped), and as openHolder and createSubscriber
 */
export async function logIn(
  context: ServiceContext,
  proved: Proved,
  { deviceName, existing }: Wish,
  useUp: () => Promise<void>,
): Promise<LoggedIn> {
  const { phoneNumber } = proved;
  const { subscriber, ...parted } = await openHolder(context, proved, existing);
  const isGoodYet = async () => isGood(proved, await stampOf(context, phoneNumber));
  // Or a subscriber would be made as whom nobody can log in.
  if (!subscriber && !(await isGoodYet())) throw loginFailure();
  const found = subscriber ? { subscriber } : { ...(await createOrFind(context, phoneNumber)), ...parted };
  await useUp();
  const { id } = found.subscriber;
  const issued = await issueToken(context, id, deviceName);
  // Who closes what the number opened has made the codes void before that, so it finds the token or is found here.
  if (!(await isGoodYet()) || !(await hasNumber(context, id, phoneNumber))) {
    await revokeToken(context, id, issued.tokenId);
    throw loginFailure();
  }
  return { ...found, issued };
}

/** Whether the number is this subscriber's by now. */
async function hasNumber(context: ServiceContext, id: string, phoneNumber: string): Promise<boolean> {
  const present = await context.stores.subscribers.get(id);
  return present !== undefined && hasPhone(present, phoneNumber);
}

/** A token for one device; a former one of that device ends at once. */
export async function issueToken(
  { stores, config, now }: ServiceContext,
  id: string,
  deviceName: string | undefined,
): Promise<Issued> {
  const issued = await stores.tokens.issue(id, deviceName, config.tokenLifetime, now());
  await stores.events.tell(id, { what: 'tokens' });
  return issued;
}

/** Undefined when none was given. @throws Fault INVALID_ARGUMENT */
export function toDeviceName(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const name = cleanText(text);
  if (name === '' || lengthOf(name) > LONGEST_DEVICE_NAME)
    throw new Fault('INVALID_ARGUMENT', `deviceName must have 1 to ${LONGEST_DEVICE_NAME} visible characters.`);
  return name;
}

async function createOrFind(
  context: ServiceContext,
  phoneNumber: string,
): Promise<{ subscriber: Subscriber; password?: string }> {
  try {
    return await createSubscriber(context, [phoneNumber], '', undefined);
  } catch (err) {
    if (!(err instanceof Fault && err.code === 'ALREADY_EXISTS')) throw err;
    // Somebody else has just added it.
    const subscriber = await subscriberWith(context, phoneNumber);
    if (subscriber) return { subscriber };
    // The account named after the number is another one's, who had the number before; a phone can answer nothing to that.
    return createSubscriber(context, [phoneNumber], '', undefined, { names: 'random' });
  }
}

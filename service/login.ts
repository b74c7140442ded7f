import { Fault } from '../domain/fault.ts';
import { cleanText, lengthOf } from '../domain/text.ts';
import type { Subscriber } from '../store/subscriber-record.ts';
import type { Issued } from '../store/tokens.ts';
import type { ServiceContext } from './context.ts';
import { createSubscriber } from './new-subscriber.ts';
import { subscriberWith } from './subscriber-fields.ts';

const LONGEST_DEVICE_NAME = 64;

export type LoggedIn = { subscriber: Subscriber; password?: string; issued: Issued };

/**
 * Logs in whoever has proved to have the number: the subscriber whose number it is, or a new one, whose password is returned this once.
 * `useUp` spends the proof, between the last that can fail for long and the token.
 * @throws Fault as createSubscriber
 */
export async function logIn(
  context: ServiceContext,
  phoneNumber: string,
  deviceName: string | undefined,
  useUp: () => Promise<void>,
): Promise<LoggedIn> {
  const found = await findOrCreate(context, phoneNumber);
  await useUp();
  return { ...found, issued: await issueToken(context, found.subscriber.id, deviceName) };
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

/** Ends one token at once; false when there is no such token. */
export async function revokeToken({ stores }: ServiceContext, id: string, tokenId: string): Promise<boolean> {
  if (!(await stores.tokens.revoke(id, tokenId))) return false;
  await stores.events.tell(id, { what: 'tokens' });
  return true;
}

/** Ends every token of a subscriber. */
export async function revokeTokens({ stores }: ServiceContext, id: string): Promise<void> {
  await stores.tokens.revokeAll(id);
  await stores.events.tell(id, { what: 'tokens' });
}

/** Undefined when none was given. @throws Fault INVALID_ARGUMENT */
export function toDeviceName(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const name = cleanText(text);
  if (name === '' || lengthOf(name) > LONGEST_DEVICE_NAME)
    throw new Fault('INVALID_ARGUMENT', `deviceName must have 1 to ${LONGEST_DEVICE_NAME} visible characters.`);
  return name;
}

async function findOrCreate(
  context: ServiceContext,
  phoneNumber: string,
): Promise<{ subscriber: Subscriber; password?: string }> {
  const known = await subscriberWith(context, phoneNumber);
  if (known) return { subscriber: known };
  try {
    return await createSubscriber(context, [phoneNumber], '', undefined);
  } catch (err) {
    if (!(err instanceof Fault && err.code === 'ALREADY_EXISTS')) throw err;
    // Somebody else has just added it.
    const subscriber = await subscriberWith(context, phoneNumber);
    if (subscriber) return { subscriber };
    // The account named after the number is another one's, who had the number before; a phone can answer nothing to that.
    return createSubscriber(context, [phoneNumber], '', undefined, undefined, 'random');
  }
}

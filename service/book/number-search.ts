import { Fault } from '../../domain/fault.ts';
import { countryOf, readPhoneNumbers } from '../../domain/phone.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { ServiceContext } from '../context.ts';
import { lookUp } from './lookup.ts';

/** Longer than any number, however it is written. */
const LONGEST = 100;

/** `phoneNumber`: as it was understood, E.164; `jid`: undefined when the caller reaches nobody by it. */
export type Searched = { phoneNumber: string; jid: string | undefined };

/**
 * Whom a subscriber reaches by a number that it typed, as it would dial it.
 * @throws Fault INVALID_ARGUMENT (not one number), and as `lookUp`
 */
export async function searchNumber(context: ServiceContext, caller: Subscriber, text: string): Promise<Searched> {
  const phoneNumber = toOneNumber(context, caller, text);
  const [jid] = await lookUp(context, caller, [phoneNumber]);
  return { phoneNumber, jid };
}

function toOneNumber({ config }: ServiceContext, caller: Subscriber, text: string): string {
  const read = text.length > LONGEST ? [] : readPhoneNumbers(text, countryOf(caller.phoneNumber));
  const numbers = read.filter(({ guessed }) => !guessed || config.guessedNumbers === 'use');
  const [first] = numbers;
  if (numbers.length !== 1 || !first)
    throw new Fault('INVALID_ARGUMENT', 'Type one whole phone number, best with + and its country code.');
  return first.e164;
}

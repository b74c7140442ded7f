import { Fault } from '../domain/fault.ts';
import { parseE164 } from '../domain/phone.ts';
import { cleanText } from '../domain/text.ts';
import type { Subscriber } from '../store/subscriber-record.ts';
import type { Context } from './context.ts';

/** @throws Fault INVALID_ARGUMENT */
export function toE164(text: string): string {
  const phoneNumber = parseE164(text);
  if (phoneNumber === undefined)
    throw new Fault(
      'INVALID_ARGUMENT',
      'phoneNumber must be a valid number in E.164 with its plus sign, such as +8613800138000.',
    );
  return phoneNumber;
}

/** Empty when none was given. @throws Fault INVALID_ARGUMENT */
export function toDisplayName(text: string | undefined): string {
  const displayName = cleanText(text ?? '');
  if (text !== undefined && displayName === '')
    throw new Fault('INVALID_ARGUMENT', 'displayName has no visible character; send a name or leave it out.');
  return displayName;
}

/** Friends whose book does not hold the number show the display name, so their rosters follow it. */
export async function rename({ stores, queues, now }: Context, { id }: Subscriber, displayName: string): Promise<void> {
  await stores.subscribers.rename(id, displayName);
  const friends = (await stores.friends.list(id)).map((friend) => friend.id);
  await stores.pairs.touch(id, friends, now());
  await queues.enqueue('reconcile', friends);
}

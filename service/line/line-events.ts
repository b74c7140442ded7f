import { type Grant, reachOf } from '../../domain/access/grant.ts';
import { isSamePhone, lookupForms } from '../../domain/phone.ts';
import type { LineChange } from '../../domain/subscription/line-event.ts';
import { wake } from '../../store/due/makes-due.ts';
import { phoneNumbersOf } from '../../store/subscriber/subscriber-record.ts';
import { lockOut } from '../account/locking-out.ts';
import type { ServiceContext } from '../context.ts';
import { partFromNumber } from '../login/number-holder.ts';
import { revokeTokens } from '../login/revoking.ts';
import { voidCodes } from '../login/void-codes.ts';
import { hasPhone, isActiveOrOrdered, subscribersWith, subscriberWith } from '../subscriber/subscriber-fields.ts';
import { askForConsent } from './consent-anew.ts';

/**
 * The number is somebody else's from now on, or nobody's: whoever has it parts from it. The id of the last of these; undefined where
 * nobody had it.
 */
export async function recycleNumber(context: ServiceContext, phoneNumber: string): Promise<string | undefined> {
  await voidCodes(context, phoneNumber);
  // Of who was added before one phone was one subscriber's there may be one for each form. Who gets the number meanwhile is not looked at.
  const holders = await subscribersWith(context, lookupForms(phoneNumber), isActiveOrOrdered);
  let parted: string | undefined;
  for (const id of new Set(holders.flatMap((holder) => holder?.id ?? []))) {
    const [present] = await context.stores.subscribers.records([id]);
    if (!present || !isActiveOrOrdered(present) || !hasPhone(present, phoneNumber)) continue;
    parted = await partFromNumber(context, present, phoneNumber);
  }
  return parted;
}

/**
 * Does what follows for whoever has the number; the id of that subscriber, if there is one. Can be done twice. Who has numbers that
 * the grant does not reach is not silenced by one that it does (decision 105); a number that was suspended can always be resumed.
 */
export async function applyLineChange(
  context: ServiceContext,
  grant: Pick<Grant, 'ranges'>,
  phoneNumber: string,
  change: LineChange,
): Promise<string | undefined> {
  if (change === 'recycled' || change === 'ported-out') return recycleNumber(context, phoneNumber);
  if (change === 'sim-swapped') await voidCodes(context, phoneNumber);
  const subscriber = await subscriberWith(context, phoneNumber);
  if (!subscriber) return undefined;
  const { id } = subscriber;
  const phoneNumbers = phoneNumbersOf(subscriber);
  const whole = reachOf(grant, phoneNumbers) === 'whole';
  const suspended = change === 'suspended';
  const own = phoneNumbers.find((number) => isSamePhone(number, phoneNumber));
  if (change === 'sim-swapped') await signOut(context, id, whole);
  else if (own === undefined || (suspended && !whole)) return id;
  else if (await context.stores.suspensions.set(id, own, suspended, context.now()))
    await wake(context.queues, 'audience', [id]);
  return id;
}

/**
 * Who has the phone now may be somebody else: nothing that was opened before is open, as any of the numbers may have opened it.
 * `whole`: the carrier reaches all numbers, and may hide the subscriber.
 */
async function signOut(context: ServiceContext, id: string, whole: boolean): Promise<void> {
  const { stores, config } = context;
  await revokeTokens(context, id);
  await stores.applicationPasswords.revokeAll(id);
  await stores.playerSessions.closeAll(id);
  // Whoever had a token asks for no other password any more.
  await lockOut(context, id);
  if (whole && config.simSwap === 'ask-consent') await askForConsent(context, id);
}

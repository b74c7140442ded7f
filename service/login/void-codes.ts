import { lookupForms } from '../../domain/phone.ts';
import type { CodeStamp } from '../../store/login/code-stamps.ts';
import type { ServiceContext } from '../context.ts';

/**
 * A number that was proved. `name`: what the proof is called here, and no other one. `stamp`: what its phone's codes were stamped with when it was made;
 * what nothing is stamped with where none were made void lately.
 */
export type Proved = { phoneNumber: string; name: string; stamp: string | undefined };

/**
 * Makes all codes void that were sent to the phone until now, and each login by one of them that has no token yet. To be called before anything is closed that
 * a code opens, and whether or not anybody has the number: a code makes a subscriber as well (decision 209).
 */
export async function voidCodes(context: ServiceContext, phoneNumber: string): Promise<void> {
  await context.stores.codeStamps.renew(phoneOf(context, phoneNumber), context.now());
}

/**
 * Makes all proofs of the number void but this one, which stays good however often it is used (decision 218). False where this one is
 * void itself: then nothing was done.
 */
export async function voidOthers(context: ServiceContext, proved: Proved): Promise<boolean> {
  const { phoneNumber, name } = proved;
  const present = await stampOf(context, phoneNumber);
  if (!isGood(proved, present)) return false;
  return context.stores.codeStamps.replace(phoneOf(context, phoneNumber), present, name, context.now());
}

/**
 * A proof that says itself when it was made, as a carrier's assertion does: `madeAt`, milliseconds since the epoch. Undefined where it is from before codes were
 * made void, and is not the one that was kept.
 */
export async function provedAt(
  context: ServiceContext,
  phoneNumber: string,
  name: string,
  madeAt: number,
): Promise<Proved | undefined> {
  const present = await stampOf(context, phoneNumber);
  const isVoid = present !== undefined && present.kept !== name && madeAt < present.at;
  return isVoid ? undefined : { phoneNumber, name, stamp: present?.stamp };
}

export async function stampOf(context: ServiceContext, phoneNumber: string): Promise<CodeStamp | undefined> {
  return context.stores.codeStamps.read(phoneOf(context, phoneNumber));
}

/** Whether the proof is good while `present` is there. A stamp that has gone was older than any code. */
export function isGood({ name, stamp }: Pick<Proved, 'name' | 'stamp'>, present: CodeStamp | undefined): boolean {
  return present === undefined || present.stamp === stamp || present.kept === name;
}

/** One phone, whichever way its number is written. */
function phoneOf({ keyedHash }: ServiceContext, phoneNumber: string): string {
  const [phone = phoneNumber] = lookupForms(phoneNumber).sort();
  return keyedHash('codes of a phone', phone);
}

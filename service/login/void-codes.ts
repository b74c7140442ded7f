import { lookupForms } from '../../domain/phone.ts';
import type { Voided } from '../../store/login/code-stamps.ts';
import type { ServiceContext } from '../context.ts';

/** A number that was proved. `stamp`: what its codes were stamped with then; undefined where none was made void lately. */
export type Proved = { phoneNumber: string; stamp: string | undefined };

/**
 * Makes all codes void that were sent to the phone until now, and each login by one of them that has no token yet. To be called before anything is closed that
 * a code opens, and whether or not anybody has the number: a code makes a subscriber as well (decision 209).
 */
export async function voidCodes(context: ServiceContext, phoneNumber: string): Promise<Voided> {
  return context.stores.codeStamps.renew(phoneOf(context, phoneNumber));
}

export async function stampOf(context: ServiceContext, phoneNumber: string): Promise<string | undefined> {
  return context.stores.codeStamps.read(phoneOf(context, phoneNumber));
}

/** Whether what has the stamp `own` is good while `present` is there. A stamp that has gone was older than any code. */
export function isGood(own: string | undefined, present: string | undefined): boolean {
  return present === undefined || present === own;
}

/** One phone, whichever way its number is written. */
function phoneOf({ keyedHash }: ServiceContext, phoneNumber: string): string {
  const [phone = phoneNumber] = lookupForms(phoneNumber).sort();
  return keyedHash('codes of a phone', phone);
}

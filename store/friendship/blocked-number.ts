import { lookupForms } from '../../domain/phone.ts';
import type { NumberKeys } from '../../runtime/secret/number-key.ts';
import { seal, unseal } from '../../runtime/secret/sealing.ts';
import type { Blocked } from './privacy.ts';

/** A blocked number as it is kept: hashed, in every form and under every key that the directory may know it by, and sealed once. */
export function toBlockedNumber(numberKeys: NumberKeys, phoneNumber: string, sealed: string): Blocked[] {
  const [first = '', ...others] = lookupForms(phoneNumber).flatMap((form) => numberKeys.of(form));
  return [{ numberKey: first, sealed }, ...others.map((numberKey) => ({ numberKey }))];
}

/** A number that `id` blocks, for nobody but `id` to read. */
export function sealBlocked(secretsKey: Buffer, id: string, phoneNumber: string): string {
  return seal(secretsKey, purposeOf(id), phoneNumber);
}

/** The number; undefined when it was sealed under another key. */
export function openBlocked(secretsKey: Buffer, id: string, sealed: string): string | undefined {
  return unseal(secretsKey, purposeOf(id), sealed);
}

function purposeOf(id: string): string {
  return `blocked by ${id}`;
}

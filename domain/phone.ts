import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { readField } from './phone/field.ts';
import type { ReadNumber } from './phone/interpret.ts';
import { internationalMobile } from './phone/number-plan.ts';
import { formsOf, latestForm } from './phone/renumbered.ts';

export type { ReadNumber } from './phone/interpret.ts';

const MAX_E164_TEXT = 40;

/**
 * Reads a subscriber's own number as an API caller must send it: E.164 with its `+`, valid by the numbering plans. Spaces, dashes and
 * parentheses are let pass; a national number, a number in need of repair, or any other text gives undefined.
 */
export function parseE164(text: string): string | undefined {
  if (text.length > MAX_E164_TEXT || !/^[\s(]*\+[\d\s()\-\u2010-\u2015\u2212]+$/.test(text)) return undefined;
  const e164 = `+${text.replace(/\D/g, '')}`;
  if (internationalMobile(e164.slice(1)) !== undefined) return e164;
  const number = parsePhoneNumberFromString(e164, { extract: false });
  return number?.isValid() && number.number === e164 ? e164 : undefined;
}

/**
 * The country whose dialling rules an owner's address book is read with: within +1, +7, +44 and the like the exact one by
 * metadata. Undefined for numbers of no country (satellites, +800) and for invalid ones.
 */
export function countryOf(e164: string): CountryCode | undefined {
  const number = parsePhoneNumberFromString(e164, { extract: false });
  return number?.isValid() ? number.country : undefined;
}

/**
 * Every subscriber number that one field of a contact names, in order, without duplicates; `country` is that of the book's owner.
 * Empty when none is one: short codes, USSD, words, numbers without their area code, fields over 250 characters.
 */
export function readPhoneNumbers(field: string, country: CountryCode | undefined): ReadNumber[] {
  return readField(field, country);
}

/**
 * The same phone under the forms that its country's changes of numbering gave it (`renumbered.ts`), such as Mexico with and
 * without 1. All the E.164 forms to look up, the given one first.
 */
export function lookupForms(e164: string): string[] {
  return formsOf(e164);
}

/**
 * Under which forms one phone is somebody's own: the given one, and the others that the numbering plans call valid today, of
 * which nobody else may have one (decision 263).
 */
export function ownForms(e164: string): string[] {
  const [given = e164, ...others] = formsOf(e164);
  return [given, ...others.filter((form) => parseE164(form) !== undefined)];
}

/** Whether these are one phone, however each is written. */
export function isSamePhone(e164: string, other: string): boolean {
  return e164 === other || formsOf(e164).includes(other);
}

/** The numbers, each phone once, as it is written first. */
export function withoutTwins(numbers: readonly string[]): string[] {
  const seen = new Set<string>();
  return numbers.filter((e164) => {
    if (seen.has(e164)) return false;
    for (const form of formsOf(e164)) seen.add(form);
    return true;
  });
}

/**
 * Whether a phone's number begins with a range, in one of its forms: `+5411` has whoever is written `+54 9 11 …`, too. A form
 * with the code of another country, as Kosovo's had once, counts for the country whose number it is now.
 */
export function beginsWith(e164: string, range: string): boolean {
  const forms = formsOf(e164);
  if (forms.length === 1) return e164.startsWith(range);
  const code = callingCodeOf(latestForm(e164));
  return forms.some((form) => form.startsWith(range) && callingCodeOf(form) === code);
}

function callingCodeOf(e164: string): string | undefined {
  return parsePhoneNumberFromString(e164, { extract: false })?.countryCallingCode;
}

import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { readField } from './phone/field.ts';
import type { ReadNumber } from './phone/interpret.ts';
import { internationalMobile } from './phone/number-plan.ts';
import { formsOf } from './phone/renumbered.ts';

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

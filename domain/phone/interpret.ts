import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { DialString } from './dial.ts';
import { internationalMobile, type NumberPlan, nationalMobile, planOf } from './number-plan.ts';
import { currentForm, withoutDialledPrefix } from './recover.ts';

/** A subscriber number found in a field. `guessed`: the text does not follow the dialling rules of the owner's country. */
export type ReadNumber = { e164: string; guessed: boolean };

const FOREIGN_PREFIX = /^(?:0011|00|011|010|810)(?=[1-9])/; // no country code begins with 11
const MIN_BARE_INTERNATIONAL = 11; // shorter digits are as likely a local number without its area code

/** The number that a dial string reaches when dialled in `country`, undefined when it reaches no subscriber. */
export function interpret(dial: DialString, country: CountryCode | undefined): ReadNumber | undefined {
  const plan = country === undefined ? undefined : planOf(country);
  if (dial.plus) return afterPlus(dial, country, plan);
  if (!country || !plan) return guess(dial.digits);
  const dialled = asDialled(dial.digits, country, plan);
  if (/^00[1-9]/.test(dial.digits)) return afterDoubleZero(dial.digits.slice(2), plan, dialled);
  return dialled ?? guess(dial.digits);
}

/**
 * Reads a number that begins with `00`. In some countries 00 also begins a carrier's prefix: `0049
 * 176 …` in Singapore could be dialled through carrier 004 to India (91). People mean the
 * international prefix of most of the world, so that reading wins wherever it gives a number. It
 * counts as guessed unless `00` is how this country dials abroad. A number that only the carrier's
 * reading gives is guessed too, unless the digits after `00` cannot be a number at all.
 */
function afterDoubleZero(digits: string, plan: NumberPlan, dialled: ReadNumber | undefined): ReadNumber | undefined {
  const e164 = international(digits);
  if (e164 === undefined) {
    const doubtful = dialled && parsePhoneNumberFromString(`+${digits}`, { extract: false })?.isPossible();
    return doubtful ? { ...dialled, guessed: true } : (dialled ?? guess(`00${digits}`));
  }
  const usual = plan.internationalPrefix.exec('00')?.[0] === '00';
  return { e164, guessed: dialled === undefined ? !usual : dialled.e164 !== e164 };
}

function afterPlus(
  dial: DialString,
  country: CountryCode | undefined,
  plan: NumberPlan | undefined,
): ReadNumber | undefined {
  const e164 = international(dial.digits) ?? (dial.withoutZero && international(dial.withoutZero));
  if (e164) return { e164, guessed: false };
  // No country code begins with 0: a `+` before a national number is a slip of the pen.
  const slip = dial.digits.startsWith('0') && country && plan && asDialled(dial.digits, country, plan);
  return slip ? { e164: slip.e164, guessed: true } : undefined;
}

function asDialled(digits: string, country: CountryCode, plan: NumberPlan): ReadNumber | undefined {
  const mobile = nationalMobile(digits, plan);
  if (mobile !== undefined) return { e164: mobile, guessed: false };
  const e164 = library(digits, country);
  if (e164 !== undefined)
    return bareCountryCode(digits, e164, plan) ?? { e164, guessed: lostCountryCode(digits, e164, plan) };
  const abroad = plan.internationalPrefix.exec(digits);
  const recovered = abroad === null ? undefined : international(digits.slice(abroad[0].length));
  if (recovered !== undefined) return { e164: recovered, guessed: false };
  const rest = withoutDialledPrefix(digits, country);
  return rest === undefined ? undefined : asDialled(rest, country, plan);
}

/**
 * `49 171 1234567` in Germany: the library takes it for a landline that lacks its trunk prefix, people for a number that lacks its
 * plus. Where a plan has a trunk prefix, people are right.
 */
function bareCountryCode(digits: string, e164: string, plan: NumberPlan): ReadNumber | undefined {
  const untouched = e164.length === digits.length + plan.callingCode.length + 1;
  if (!untouched || plan.nationalPrefix === undefined || !digits.startsWith(plan.callingCode)) return undefined;
  const meant = international(digits);
  return meant === undefined ? undefined : { e164: meant, guessed: true };
}

/** A country code without its `+`, or the international prefix of another country. */
function guess(digits: string): ReadNumber | undefined {
  const prefix = FOREIGN_PREFIX.exec(digits);
  const bare = digits.length >= MIN_BARE_INTERNATIONAL && !digits.startsWith('0') ? digits : undefined;
  const rest = prefix === null ? bare : digits.slice(prefix[0].length);
  const e164 = (rest && international(rest)) || (bare && international(bare));
  return e164 ? { e164, guessed: true } : undefined;
}

function international(digits: string): string | undefined {
  return internationalMobile(digits) ?? library(`+${digits}`);
}

function library(text: string, country?: CountryCode): string | undefined {
  const number = parsePhoneNumberFromString(text, { extract: false, ...(country && { defaultCountry: country }) });
  if (number?.isValid()) return number.number;
  const written = text.startsWith('+') ? text : number?.number;
  return written === undefined ? undefined : currentForm(written, validOnly);
}

function validOnly(text: string): string | undefined {
  const number = parsePhoneNumberFromString(text, { extract: false });
  return number?.isValid() ? number.number : undefined;
}

/** True when what was taken off the front is the own country code and no trunk prefix (in the NANP it is both). */
function lostCountryCode(digits: string, e164: string, plan: NumberPlan): boolean {
  const removed = digits.length - (e164.length - 1 - plan.callingCode.length);
  const prefix = digits.slice(0, Math.max(0, removed));
  return prefix.startsWith(plan.callingCode) && prefix !== plan.nationalPrefix;
}

import type { CountryCode } from 'libphonenumber-js/max';
import { presentForm } from './renumbered.ts';

/** Prefixes dialled before a number that the metadata does not know: carriers, caller-id services, retired trunk codes. */
const DIALLED_PREFIXES: { readonly [country in CountryCode]?: RegExp } = {
  // 12583x: China Mobile's second numbers; 10193, 179xx: carriers, also before a trunk 0
  CN: /^(?:12583\d|10193|1(?:[12]\d|79)\d\d)(?:0(?=1))?/,
  MX: /^(?:044|045|01|1)(?=\d{10}$)/, // retired in 2019 and 2020
  JP: /^18[46](?=0)/,
  GB: /^(?:141|1470)(?=0)/,
  IE: /^14[12](?=0)/,
  AU: /^183[12](?=0)/,
  HK: /^133(?=\d{8}$)/,
  NZ: /^019[67](?=0)/,
  UA: /^8(?=0\d{9}$)/, // the second dial tone of before 2009
  GE: /^8(?=[579]\d{7,8}$)/, // until 2011
};

/** The digits without a prefix that only says how the call is made; undefined when they have none. */
export function withoutDialledPrefix(digits: string, country: CountryCode): string | undefined {
  const prefix = DIALLED_PREFIXES[country]?.exec(digits);
  return prefix ? digits.slice(prefix[0].length) : undefined;
}

/** Digits that were dialled after +52 and +86 only to say how the call is made. */
const AFTER_CODE = /^\+(?:52(?:01|044|045)(?=\d{10}$)|86(?:12583\d|10193|1(?:[12]\d|79)\d\d)0?(?=1\d{10}$))/;

/**
 * The present form of an international number that is not valid as it stands, if `read` finds that one valid: numbers from before
 * a change of the plan, Mexico's trunk codes and Chinese carrier codes after the country code.
 */
export function currentForm(e164: string, read: (text: string) => string | undefined): string | undefined {
  const present = presentForm(e164) ?? e164.replace(AFTER_CODE, (dialled) => dialled.slice(0, 3));
  return present === e164 ? undefined : read(present);
}

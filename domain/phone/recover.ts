import type { CountryCode } from 'libphonenumber-js/max';

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
};

/** The digits without a prefix that only says how the call is made; undefined when they have none. */
export function withoutDialledPrefix(digits: string, country: CountryCode): string | undefined {
  const prefix = DIALLED_PREFIXES[country]?.exec(digits);
  return prefix ? digits.slice(prefix[0].length) : undefined;
}

/**
 * The present form of an international number written in a form that its country has given up, if `read` finds that one valid:
 * Mexico's mobile 1 and trunk codes (2019), Brazil's mobiles of eight digits (2016), Chinese carrier codes after +86.
 */
export function currentForm(e164: string, read: (text: string) => string | undefined): string | undefined {
  const present = e164
    .replace(/^\+52(?:1|01|044|045)(\d{10})$/, '+52$1')
    .replace(/^\+55(\d\d)([6-9]\d{7})$/, '+55$19$2')
    .replace(/^\+86(?:12583\d|10193|1(?:[12]\d|79)\d\d)0?(1\d{10})$/, '+86$1');
  return present === e164 ? undefined : read(present);
}

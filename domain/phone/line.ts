import { getCountries, type NumberType, parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** Of the ITU's numbers of no country: satellites, +800 and the like (as in the metadata of libphonenumber). */
export const NO_COUNTRY = '001';

/** What a line is, by the numbering plans, in the words of the configuration. */
export const LINE_TYPES = {
  MOBILE: 'mobile',
  FIXED_LINE_OR_MOBILE: 'fixed-or-mobile',
  FIXED_LINE: 'fixed',
  VOIP: 'voip',
  PAGER: 'pager',
  PERSONAL_NUMBER: 'personal',
  PREMIUM_RATE: 'premium',
  SHARED_COST: 'shared-cost',
  TOLL_FREE: 'toll-free',
  UAN: 'company',
  VOICEMAIL: 'voicemail',
} as const satisfies Record<Exclude<NumberType, undefined>, string>;

/** What a number is for, as the operator names it in `EARSHOT_CODE_TYPES`. */
export type LineType = (typeof LINE_TYPES)[keyof typeof LINE_TYPES];

/** `country`: ISO 3166-1 alpha-2, or `001`; `type`: undefined where the plan does not say. */
export type Line = { country: string; type: LineType | undefined };

/** What kind of line a number in E.164 is; undefined when it is not valid. */
export function lineOf(e164: string): Line | undefined {
  const number = parsePhoneNumberFromString(e164, { extract: false });
  if (!number?.isValid()) return undefined;
  const type = number.getType();
  return { country: number.country ?? NO_COUNTRY, type: type && LINE_TYPES[type] };
}

/** Whether there is such a country to whose numbers something could be sent. */
export function isLineCountry(text: string): boolean {
  return text === NO_COUNTRY || getCountries().some((country) => country === text);
}

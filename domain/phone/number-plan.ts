import type { CountryCode } from 'libphonenumber-js/max';
import metadata from 'libphonenumber-js/max/metadata';

/** What one country's numbering plan says, read by name from the library's metadata arrays (its METADATA.md). */
export type NumberPlan = {
  callingCode: string;
  /** prefix for a call abroad, e.g. `00`, `011`, `810`; anchored at the start */
  internationalPrefix: RegExp;
  /** trunk prefix, e.g. `0`; undefined where the plan has none */
  nationalPrefix: string | undefined;
  /** what the library strips from a national number; undefined where nothing */
  trunk: RegExp | undefined;
  /** true when `trunk` is the literal national prefix, without carrier codes or rewriting */
  plainTrunk: boolean;
  /** whole national mobile numbers; undefined where the plan has none */
  mobile: RegExp | undefined;
};

const NEVER = '(?!)';
const PLANS: ReadonlyMap<string, NumberPlan> = new Map(
  Object.entries(metadata.countries).map(([country, plan]) => [country, toPlan(plan as unknown[])]),
);
const PLANS_BY_CODE: ReadonlyMap<string, readonly NumberPlan[]> = new Map(
  Object.entries(metadata.country_calling_codes).map(([code, countries]) => [code, countries.flatMap(planList)]),
);

/** The plan of a country, undefined when the metadata does not know it. */
export function planOf(country: CountryCode): NumberPlan | undefined {
  return PLANS.get(country);
}

/**
 * The E.164 form of a national mobile number, or undefined when the library must decide.
 * Answers only where the library is sure to give the same: it strips nothing and rewrites nothing.
 */
export function nationalMobile(digits: string, plan: NumberPlan): string | undefined {
  if (plan.mobile === undefined || plan.internationalPrefix.test(digits)) return undefined;
  if (plan.trunk === undefined || !plan.trunk.test(digits)) {
    return plan.mobile.test(digits) ? `+${plan.callingCode}${digits}` : undefined;
  }
  const prefix = plan.nationalPrefix;
  if (!plan.plainTrunk || prefix === undefined) return undefined;
  const rest = digits.slice(prefix.length);
  return plan.mobile.test(rest) && !plan.trunk.test(rest) ? `+${plan.callingCode}${rest}` : undefined;
}

/** As `nationalMobile`, for the digits that follow a `+`. */
export function internationalMobile(digits: string): string | undefined {
  for (let length = 1; length <= 3; length += 1) {
    const plans = PLANS_BY_CODE.get(digits.slice(0, length));
    if (plans === undefined) continue;
    const national = digits.slice(length);
    // The library strips the trunk prefix of the code's main country, whoever the number belongs to.
    if (plans[0]?.trunk?.test(national)) return undefined;
    return plans.some((plan) => plan.mobile?.test(national)) ? `+${digits}` : undefined;
  }
  return undefined;
}

function planList(country: string): NumberPlan[] {
  const plan = PLANS.get(country);
  return plan === undefined ? [] : [plan];
}

function toPlan(fields: unknown[]): NumberPlan {
  const nationalPrefix = text(fields[5]);
  const trunk = text(fields[7]) ?? nationalPrefix;
  return {
    callingCode: text(fields[0]) ?? '',
    internationalPrefix: new RegExp(`^(?:${text(fields[1]) ?? NEVER})`),
    nationalPrefix,
    trunk: trunk === undefined ? undefined : new RegExp(`^(?:${trunk})`),
    plainTrunk: trunk === nationalPrefix,
    mobile: mobilePattern(fields[11]),
  };
}

/** In plans such as the NANP mobile numbers are those of the fixed lines; the metadata then leaves them empty. */
function mobilePattern(types: unknown): RegExp | undefined {
  if (!Array.isArray(types) || !Array.isArray(types[1])) return undefined;
  const pattern = text(types[1][0]) ?? text(Array.isArray(types[0]) ? types[0][0] : undefined);
  return pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

import type { Scope } from './scope.ts';

/** What a caller may do, and for which numbers: prefixes of E.164 with the plus sign, such as `+4915`. No range means every number. */
export type Grant = { scopes: readonly Scope[]; ranges: readonly string[] };

/** The shape of a range. */
export const RANGE = /^\+[1-9]\d{0,14}$/;

/** Whether the grant reaches the number (E.164). */
export function mayActFor({ ranges }: Pick<Grant, 'ranges'>, phoneNumber: string): boolean {
  return ranges.length === 0 || ranges.some((range) => phoneNumber.startsWith(range));
}

/** Whether everything that `inner` allows, `outer` allows too: nobody hands out, or gets at, more than is theirs. */
export function covers(outer: Grant, inner: Grant): boolean {
  const scopes = inner.scopes.every((scope) => outer.scopes.includes(scope));
  const ranges = inner.ranges.length > 0 && inner.ranges.every((range) => mayActFor(outer, range));
  return scopes && (outer.ranges.length === 0 || ranges);
}

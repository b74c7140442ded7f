import type { Scope } from './scope.ts';

/** What a caller may do, and for which numbers: prefixes of E.164 with the plus sign, such as `+4915`. No range means every number. */
export type Grant = { scopes: readonly Scope[]; ranges: readonly string[] };

/** How much of a subscriber a grant reaches: all of its numbers, some, or none. */
export type Reach = 'whole' | 'part' | 'none';

type Ranges = Pick<Grant, 'ranges'>;

/** The shape of a range. */
export const RANGE = /^\+[1-9]\d{0,14}$/;

/** Whether the grant reaches the number (E.164). */
export function mayActFor({ ranges }: Ranges, phoneNumber: string): boolean {
  return ranges.length === 0 || ranges.some((range) => phoneNumber.startsWith(range));
}

/** How far the grant reaches a subscriber with these numbers (E.164). What is shared takes the whole (decision 105). */
export function reachOf(grant: Ranges, phoneNumbers: readonly string[]): Reach {
  const within = numbersWithin(grant, phoneNumbers).length;
  if (within === phoneNumbers.length) return 'whole';
  return within === 0 ? 'none' : 'part';
}

/** Those of the numbers that the grant reaches, in the same order. */
export function numbersWithin(grant: Ranges, phoneNumbers: readonly string[]): string[] {
  return phoneNumbers.filter((number) => mayActFor(grant, number));
}

/** The numbers with `wanted` in place of those that the grant reaches; the others stay where they are. */
export function replaceWithin(grant: Ranges, present: readonly string[], wanted: readonly string[]): string[] {
  const left = [...wanted];
  const kept = present.flatMap((number) => (mayActFor(grant, number) ? left.splice(0, 1) : [number]));
  return [...kept, ...left];
}

/** Whether everything that `inner` allows, `outer` allows too: nobody hands out, or gets at, more than is theirs. */
export function covers(outer: Grant, inner: Grant): boolean {
  const scopes = inner.scopes.every((scope) => outer.scopes.includes(scope));
  const ranges = inner.ranges.length > 0 && inner.ranges.every((range) => mayActFor(outer, range));
  return scopes && (outer.ranges.length === 0 || ranges);
}

import { beginsWith } from '../phone.ts';
import type { Scope } from './scope.ts';

/** What a caller may do, and for which numbers: prefixes of E.164 with the plus sign, such as `+4915`. No range means every number. */
export type Grant = { scopes: readonly Scope[]; ranges: readonly string[] };

/**
 * What a credential may give out. `home`: the host at which it has accounts made; none means that the numbers decide. `expiresAt`:
 * in milliseconds since the epoch; none means never.
 */
export type Giving = Grant & { home?: string | undefined; expiresAt?: number | undefined };

/** How much of a subscriber a grant reaches: all of its numbers, some, or none. */
export type Reach = 'whole' | 'part' | 'none';

type Ranges = Pick<Grant, 'ranges'>;

/** The shape of a range. */
export const RANGE = /^\+[1-9]\d{0,14}$/;

/** Whether the grant reaches the number (E.164), in whichever of its forms it is written (decision 263). */
export function mayActFor({ ranges }: Ranges, phoneNumber: string): boolean {
  return ranges.length === 0 || ranges.some((range) => beginsWith(phoneNumber, range));
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

/**
 * Whether everything that `inner` allows, `outer` allows too: nobody hands out, or gets at, more than is theirs. Who has a home
 * covers those of that home only (decision 262), and who expires only those that do so no later.
 */
export function covers(outer: Giving, inner: Giving): boolean {
  const home = outer.home === undefined || inner.home === outer.home;
  const scopes = inner.scopes.every((scope) => outer.scopes.includes(scope));
  const isWithin = (range: string) => outer.ranges.some((wider) => range.startsWith(wider));
  const ranges = inner.ranges.length > 0 && inner.ranges.every(isWithin);
  const time = outer.expiresAt === undefined || (inner.expiresAt ?? Number.POSITIVE_INFINITY) <= outer.expiresAt;
  return home && time && scopes && (outer.ranges.length === 0 || ranges);
}

/**
 * What an entry is about, each with a stream of its own length: changes, reads of everything that is held about somebody, other looks by an operator or a
 * carrier, and calls that came to nothing. None of them pushes out another.
 */
export const AUDIT_KINDS = ['changes', 'exports', 'looks', 'refusals'] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** Beside each credential's own lane, by its id: that of all subscribers, and that of calls by nobody known. */
export const SUBSCRIBERS = 'subscribers';
export const NOBODY = 'nobody';

/** How much of the most entries a stream of that kind keeps. */
const LENGTHS: Record<AuditKind, number> = { changes: 1, exports: 0.1, looks: 0.1, refusals: 0.1 };

/** Entries that one subscriber, or one network of callers whom nobody knows, may make of each operation in a day. A credential has a lane instead. */
const SHARES: Record<AuditKind, number> = { changes: 2_000, exports: 500, looks: 500, refusals: 500 };
export const SHARE_SECONDS = 86_400;

/** Where an entry stands. `whose`: of a lane that is shared, who makes it. */
export type AuditPlace = { kind: AuditKind; lane: string; whose: string };

/** How many entries of a kind one lane keeps, of what the operator allows in all. */
export function lengthOf(kind: AuditKind, maxEntries: number): number {
  return Math.ceil(maxEntries * LENGTHS[kind]);
}

/** The most entries of such a place a day; undefined for no limit. */
export function shareOf({ kind, lane }: AuditPlace): number | undefined {
  return lane === SUBSCRIBERS || lane === NOBODY ? SHARES[kind] : undefined;
}

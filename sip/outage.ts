import { about } from './trouble.ts';

/** Milliseconds for which nobody asks the server after its first failure, and after many of them. */
const FIRST = 500;
const LONGEST = 15_000;
/** Milliseconds after which whoever was not told tries again, at least and at most. */
const SOONEST = 1_000;
const LATEST = 300_000;
/** The same at most for something that has to be taken away. */
const LATEST_REMOVAL = 5_000;
/** Milliseconds for which a server is left alone at most that asks for it (Retry-After). */
const LONGEST_ASKED = 600_000;

export type Outage = ReturnType<typeof createOutage>;

/**
 * How long a presence server is left alone that fails. One request tries it again after each pause; the others wait about as long as the outage has
 * lasted, so that many subscribers cost little while it is away, and a short outage costs them little. `now`: milliseconds by `runtime/elapsed`.
 */
export function createOutage(random: () => number = Math.random) {
  let since: number | undefined;
  let failures = 0;
  let failedAt = 0;
  let closedUntil = 0;
  let what: string | undefined;

  return {
    /** What is wrong, for the operator; undefined where nothing is. */
    reason: () => what,
    isClosed: (now: number) => now < closedUntil,
    /** Milliseconds until somebody who cannot be told now tries again. `takesAway`: of whom something is to be taken away. */
    pause(now: number, takesAway = false): number {
      const lasted = Math.max(SOONEST, now - (since ?? now));
      return Math.max(
        Math.ceil(closedUntil - now),
        about(Math.min(takesAway ? LATEST_REMOVAL : LATEST, lasted), random),
      );
    },
    /** `asked`: milliseconds for which the server wants to be left alone. */
    failed(now: number, why: string, asked = 0): void {
      since ??= now;
      what = why;
      failedAt = now;
      const own = about(Math.min(LONGEST, FIRST * 2 ** failures), random);
      failures = Math.min(failures + 1, 10);
      closedUntil = Math.max(closedUntil, now + Math.max(own, Math.min(asked, LONGEST_ASKED)));
    },
    /**
     * The server has answered what it was asked then, and works, where it has not failed since, nor wants to be left alone. Whether that
     * has ended an outage.
     */
    over(askedAt: number): boolean {
      if (what === undefined || askedAt < failedAt || askedAt < closedUntil) return false;
      since = undefined;
      what = undefined;
      failures = 0;
      closedUntil = 0;
      return true;
    },
  };
}

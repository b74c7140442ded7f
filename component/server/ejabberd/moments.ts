/** What was noted about users a moment ago. */
export type Moments<What> = {
  /** In place of what was noted before. */
  note(jid: string, what: What): void;
  /** Undefined where it is longer ago. */
  of(jid: string): What | undefined;
  forget(jid: string): void;
};

/** Milliseconds in which a user's session learns which contacts are online. */
const MOMENT = 5_000;

/** `now`: milliseconds. */
export function createMoments<What>(now: () => number): Moments<What> {
  // In the order of noting.
  const noted = new Map<string, { at: number; what: What }>();

  return {
    note(jid, what) {
      noted.delete(jid);
      noted.set(jid, { at: now(), what });
      for (const [oldest, { at }] of noted) {
        if (now() - at < MOMENT) return;
        noted.delete(oldest);
      }
    },
    of(jid) {
      const last = noted.get(jid);
      return last && now() - last.at < MOMENT ? last.what : undefined;
    },
    forget: (jid) => void noted.delete(jid),
  };
}

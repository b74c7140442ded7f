/** What was made and shown: the id of the password, the name that it has, and what is to be typed into a player. */
export type Shown = {
  passwordId: string;
  name: string;
  facts: readonly { name: string; label: string; value: string }[];
};

export type ShownAgain = ReturnType<typeof createShownAgain>;

/** Milliseconds for which a secret can be had again: some clients show no answer to a form that was filled in (Psi 1.5). */
const LIFETIME = 15 * 60_000;
const MOST = 1_000;

/** The last secret that each subscriber was shown, in this process only: nothing else can tell it again. */
export function createShownAgain(now: () => number) {
  /** By subscriber, the oldest first. */
  const kept = new Map<string, Shown & { until: number }>();

  return {
    keep(id: string, shown: Shown): void {
      kept.delete(id);
      kept.set(id, { ...shown, until: now() + LIFETIME });
      for (const [other, { until }] of kept)
        if (until <= now() || kept.size > MOST) kept.delete(other);
        else break;
    },
    of(id: string): Shown | undefined {
      const shown = kept.get(id);
      return shown && shown.until > now() ? shown : undefined;
    },
    drop: (id: string): boolean => kept.delete(id),
  };
}

/** Milliseconds for which an account that was there is taken to be there. */
const BELIEVED = 600_000;
const MOST_KNOWN = 100_000;

/** Asks whether an account exists before each thing that is done in it, and remembers for a while that it does. */
export type KnownAccounts = {
  exist(jid: string): Promise<boolean>;
  /** Whether it is there is asked each time while it is being deleted, and forgotten afterwards. */
  without(jid: string, work: () => Promise<void>): Promise<void>;
};

/** ejabberd publishes for accounts that it does not have, and answers that it has done so. */
export function createKnownAccounts(ask: (jid: string) => Promise<boolean>, now: () => number): KnownAccounts {
  // In the order of asking.
  const seen = new Map<string, number>();
  const going = new Set<string>();

  return {
    async exist(jid) {
      const at = seen.get(jid);
      if (at !== undefined && now() - at < BELIEVED) return true;
      seen.delete(jid);
      if (!(await ask(jid))) return false;
      if (going.has(jid)) return true;
      seen.set(jid, now());
      for (const oldest of seen.keys()) if (seen.size > MOST_KNOWN) seen.delete(oldest);
      return true;
    },
    async without(jid, work) {
      going.add(jid);
      seen.delete(jid);
      try {
        await work();
      } finally {
        going.delete(jid);
        seen.delete(jid);
      }
    },
  };
}

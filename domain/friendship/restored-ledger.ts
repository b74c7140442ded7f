import type { LedgerEntry, RosterItem } from './roster.ts';

/** What is known of one account whose ledger may be older than its roster; each by JID. */
export type Found = {
  roster: ReadonlyMap<string, RosterItem>;
  /** The ledger as it is. */
  ledger: ReadonlyMap<string, LedgerEntry>;
  /** What the account itself says that Earshot did (decision 279). */
  made: ReadonlyMap<string, Pick<LedgerEntry, 'kind' | 'before'>>;
};

/**
 * The ledger that fits that roster. An entry holds where its item is there as `both` and the account
 * says whose it is. Where it is not, and both the ledger and the account know the item as Earshot's,
 * its user has deleted it or ended the subscription: the entry stays, and the next job finds that
 * (decision 289). Of every other nothing is known any more: an item that is missing is made anew,
 * and not taken for one that its user has deleted. What was set last nobody knows of an item that
 * was made since; then it is what stands there. `since`: the stamp of items that have none.
 */
export function restoredLedger({ roster, ledger, made }: Found, since: string): Map<string, LedgerEntry> {
  const restored = new Map<string, LedgerEntry>();
  for (const [jid, { subscription, name, groups }] of roster) {
    if (subscription !== 'both') continue;
    const [before, mine] = [ledger.get(jid), made.get(jid)];
    if (mine) {
      const { met, ...known } = before && before.kind !== 'own' ? before : { name, groups, met: undefined };
      const entry = { name: known.name, groups: known.groups, since: before?.since ?? since };
      restored.set(jid, { ...entry, ...mine, ...(met !== undefined && { met }) });
    } else if (before?.kind === 'own') restored.set(jid, before);
  }
  for (const [jid, mine] of made) {
    const before = ledger.get(jid);
    if (!restored.has(jid) && before && before.kind !== 'own') restored.set(jid, { ...before, ...mine });
  }
  return restored;
}

/**
 * The ledger where the server may not have read the roster: what the account says that Earshot made is an intention again. What
 * is missing is made anew then, and what is nobody's any more goes once the roster can be read (decision 207).
 */
export function unreadLedger({ ledger, made }: Omit<Found, 'roster'>): Map<string, LedgerEntry> {
  const entries = [...made].map(([jid, mine]): [string, LedgerEntry] => {
    const { name, groups } = ledger.get(jid) ?? { name: '', groups: [] };
    return [jid, { name, groups, ...mine, pending: true }];
  });
  return new Map(entries);
}

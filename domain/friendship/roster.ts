/** RFC 6121, section 2.1.2.5. */
export type Subscription = 'none' | 'to' | 'from' | 'both';

/** A roster item as the server holds it (RFC 6121, section 2.1.2). */
export type RosterItem = { jid: string; subscription: Subscription; name: string; groups: string[] };

/** How the item shall be labelled for a friend. */
export type WantedItem = { name: string; groups: string[] };

/**
 * What Earshot did to one roster item, and so what it may undo: `made` we created it; `raised` it was the user's and
 * we raised its subscription from `before`; `own` it was the user's and already `both`.
 * `name` and `groups` are what we set, to tell them from what the user set later. `pending`: the set was sent and its
 * answer has not been seen, so an item that is missing was not deleted by the user. `since`: a
 * stamp of the item's own, new each time it comes into being. `met`: the stamp of the other side's item when the two were made
 * to see each other's presence.
 */
export type LedgerEntry = {
  kind: 'made' | 'raised' | 'own';
  name: string;
  groups: string[];
  before?: Subscription;
  pending?: true;
  since?: string;
  met?: string;
};

/**
 * One step that brings an item to the wanted state; `forget` drops the ledger entry, the roster stays as it is. `look`: the
 * other end has to be looked at first (see `decideHalf`).
 */
export type RosterStep =
  | { do: 'set'; item: RosterItem; ledger: LedgerEntry }
  | { do: 'restore'; item: RosterItem }
  | { do: 'remove' }
  | { do: 'note'; ledger: LedgerEntry }
  | { do: 'declined' }
  | { do: 'look' }
  | { do: 'forget' }
  | { do: 'nothing' };

/**
 * Decides what to do about one roster item. The roster is the user's: what the user made is never removed, names and
 * groups that the user set stay, and an item of ours that the user deleted is not put back. No server deletes an item by itself;
 * but half of one, or both halves, it takes away also when the other ends the subscription, or was asked before its own item was there.
 */
export function decideRosterStep(
  jid: string,
  wanted: WantedItem | undefined,
  item: RosterItem | undefined,
  ledger: LedgerEntry | undefined,
): RosterStep {
  return wanted ? towards(jid, wanted, item, ledger) : awayFrom(item, ledger);
}

function towards(
  jid: string,
  wanted: WantedItem,
  item: RosterItem | undefined,
  ledger: LedgerEntry | undefined,
): RosterStep {
  if (!ledger) return item ? adopt(item) : make(jid, wanted);
  if (ledger.pending) return again(jid, wanted, item, ledger);
  if (!item) return { do: 'declined' };
  if (item.subscription !== 'both') return { do: 'look' };
  return ledger.kind === 'made' ? relabel(wanted, item, ledger) : { do: 'nothing' };
}

function make(jid: string, wanted: WantedItem): RosterStep {
  return {
    do: 'set',
    item: { jid, subscription: 'both', ...wanted },
    ledger: { kind: 'made', name: wanted.name, groups: wanted.groups },
  };
}

function adopt(item: RosterItem): RosterStep {
  const { name, groups, subscription } = item;
  if (subscription === 'both') return { do: 'note', ledger: { kind: 'own', name, groups } };
  return {
    do: 'set',
    item: { ...item, subscription: 'both' },
    ledger: { kind: 'raised', name, groups, before: subscription },
  };
}

/** The stream broke before the answer came, or the server has forgotten it: the same step once more, and what is missing is made. */
function again(jid: string, wanted: WantedItem, item: RosterItem | undefined, ledger: LedgerEntry): RosterStep {
  if (ledger.kind === 'made' || !item) return make(jid, wanted);
  const { pending: _, ...done } = ledger;
  return { do: 'set', item: { ...item, subscription: 'both' }, ledger: done };
}

/** Follows the book only where the item still says what we wrote. */
function relabel(wanted: WantedItem, item: RosterItem, ledger: LedgerEntry): RosterStep {
  const ourName = item.name === ledger.name || item.name === wanted.name;
  const ourGroups = sameGroups(item.groups, ledger.groups) || sameGroups(item.groups, wanted.groups);
  const next = {
    name: ourName ? wanted.name : ledger.name,
    groups: ourGroups ? wanted.groups : ledger.groups,
  };
  const name = ourName ? wanted.name : item.name;
  const groups = ourGroups ? wanted.groups : item.groups;
  if (name === item.name && sameGroups(groups, item.groups)) return { do: 'note', ledger: { ...ledger, ...next } };
  return { do: 'set', item: { ...item, name, groups }, ledger: { ...ledger, ...next } };
}

function awayFrom(item: RosterItem | undefined, ledger: LedgerEntry | undefined): RosterStep {
  if (!ledger) return { do: 'nothing' };
  if (!item || ledger.kind === 'own') return { do: 'forget' };
  if (ledger.kind === 'raised') {
    const before = ledger.before ?? 'none';
    return item.subscription === 'both' ? { do: 'restore', item: { ...item, subscription: before } } : { do: 'forget' };
  }
  return { do: 'remove' };
}

function sameGroups(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && [...a].sort().join('\n') === [...b].sort().join('\n');
}

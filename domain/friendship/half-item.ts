import type { LedgerEntry, RosterItem, RosterStep } from './roster.ts';

/**
 * What the other end of a pair was found to be, where the item of this one is there and not `both`.
 * `missing`: nothing is there; `gone`: there is no account; `half`: it is there and not `both`, too. Where the
 * other end is another server's it is not read: `strange` while the two have not met since the
 * items were made, then `unasked`, `asked`, and when its own roster job has looked, `there`. `refuses`:
 * its user has said no, or it has no such friend any more. `asks`: it waits for this end.
 */
export type OtherItem =
  | 'missing'
  | 'gone'
  | 'half'
  | 'both'
  | 'strange'
  | 'unasked'
  | 'asked'
  | 'there'
  | 'refuses'
  | 'asks';

/** `wait`: the other end's roster job looks first. `later`: there may be an account later. `mend`: nobody has ended anything. `leave`: nothing is to be done here. */
export type HalfStep = 'wait' | 'later' | 'mend' | 'declined' | 'leave';

/**
 * Whose no an item is that is there and not `both` (decision 304). Who is left in the roster of
 * somebody who ended the subscription has ended nothing.
 */
export function decideHalf(other: OtherItem): HalfStep {
  switch (other) {
    case 'missing':
    case 'unasked':
    case 'asked':
      return 'wait';
    case 'gone':
      return 'later';
    case 'both':
    case 'strange':
      return 'mend';
    case 'refuses':
    case 'asks':
      return 'leave';
    case 'half':
    case 'there':
      return 'declined';
  }
}

/** Raises the item once more. It comes into being anew, so that both are made to see each other again. */
export function raiseAgain(item: RosterItem, ledger: LedgerEntry): RosterStep {
  const { since: _, met: __, ...made } = ledger;
  return { do: 'set', item: { ...item, subscription: 'both' }, ledger: made };
}

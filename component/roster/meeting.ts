import { domainOf } from '../../domain/account/jid.ts';
import type { LedgerEntry } from '../../domain/friendship/roster.ts';
import type { Marks } from '../../store/base/marks.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { LedgerChange } from '../../store/friendship/ledger.ts';
import { type Account, note, type Plan, type RosterContext } from './roster-step.ts';

/**
 * Whether the two may have to be made to see each other once the item is in the roster. Of two who
 * are both offline nobody would notice: each sees the other when it logs in, as then both items are
 * there. The server has told of everybody who logged in before it answered that the item is set, so
 * whichever of the two ends is set last finds who came in between.
 */
export function haveToMeet({ meetings, mayBeOnline }: RosterContext, { jid }: Account, plan: Plan): boolean {
  const { wanted, step, dirty, after } = plan;
  if (!meetings || !wanted || step.do === 'declined' || step.do === 'look' || !after?.since) return false;
  return livesElsewhere(jid, dirty.jid) || mayBeOnline(jid) || mayBeOnline(dirty.jid);
}

/**
 * Makes new friends see each other's presence once both rosters have their items. Each of the two
 * roster jobs tries, after it has noted its own item, so whichever comes last does it. Of two at
 * different homes each job does its own half, and has the other's done. `done`: the marks of these
 * items.
 */
export async function meet(
  context: RosterContext,
  account: Account,
  plans: readonly Plan[],
  done: Marks,
): Promise<void> {
  if (plans.length === 0) return;
  const { stores, queues, meetings, now } = context;
  const others = plans.map(({ dirty }) => dirty);
  const entries = await stores.ledger.ofEach(others, account.jid);
  const met: LedgerChange[] = [];
  const halves: string[] = [];
  for (const [i, { dirty, after: mine }] of plans.entries()) {
    const theirs = entries[i];
    if (!mine || !isThere(theirs) || mine.met === theirs.since) continue;
    // An item that was removed and made again is news to the server, also when the other side saw nothing of it.
    const isNews = theirs.met !== mine.since;
    if (livesElsewhere(account.jid, dirty.jid)) {
      await meetings?.approach(account.jid, dirty.jid);
      if (isNews) halves.push(dirty.id);
    } else if (isNews) await meetings?.introduce(account.jid, dirty.jid);
    met.push({ jid: dirty.jid, seen: mine, next: { ...mine, met: theirs.since } });
  }
  if (met.length > 0) await meetings?.heard();
  // First: whoever dies in between would never ask for it.
  await stores.friends.lookAgain(halves, account, now());
  await note(context, account, met, done);
  await wake(queues, 'befriended', halves);
}

/** At another home, whose component alone speaks for its users. */
export function livesElsewhere(jid: string, other: string): boolean {
  return domainOf(jid) !== domainOf(other);
}

/** Whether that entry's item is in its roster. */
export function isThere(entry: LedgerEntry | undefined): entry is LedgerEntry & { since: string } {
  return entry?.since !== undefined && !entry.pending;
}

import { raiseAgain } from '../../domain/friendship/half-item.ts';
import { decideMissing, type OtherEnd } from '../../domain/friendship/missing-item.ts';
import type { LedgerEntry, RosterItem, RosterStep } from '../../domain/friendship/roster.ts';
import { Denied } from '../stream/denied.ts';
import { livesElsewhere } from './meeting.ts';
import { type Account, type Plan, planned, type RosterContext } from './roster-step.ts';

/** An item that is missing in a roster that holds nothing is not taken for deleted before that was looked into. */
export function lookFirst(plans: readonly Plan[], roster: ReadonlyMap<string, RosterItem>): Plan[] {
  if (roster.size > 0) return [...plans];
  return plans.map((plan) => (plan.step.do === 'declined' ? { ...plan, step: { do: 'look' } } : plan));
}

/** Decides such an item. `wait`: the other end's job is to look first; `later`: nobody knows before the server is well again. */
export async function decideOneMissing(
  context: RosterContext,
  account: Account,
  plan: Plan,
  ledger: LedgerEntry,
): Promise<Plan | 'wait' | 'later'> {
  switch (decideMissing(await otherEnd(context, account, plan))) {
    case 'mend':
      return planned(plan, makeAgain(plan, ledger));
    case 'declined':
      return { ...plan, step: { do: 'declined' } };
    case 'wait':
      return 'wait';
    case 'try':
      return (await isKept(context, account, plan)) ? { ...plan, step: { do: 'declined' } } : 'later';
  }
}

/** The item comes into being anew, as what it was. */
function makeAgain({ dirty: { jid }, wanted }: Plan, ledger: LedgerEntry): RosterStep {
  const { name, groups } = wanted ?? ledger;
  const { pending: _, ...known } = ledger;
  return raiseAgain({ jid, subscription: 'none', name, groups }, { ...known, name, groups });
}

async function otherEnd({ rosters }: RosterContext, { jid }: Account, { dirty }: Plan): Promise<OtherEnd> {
  if (livesElsewhere(jid, dirty.jid)) return 'elsewhere';
  const roster = await rosters.read(dirty.jid);
  if (!roster) return 'gone';
  const item = roster.get(jid);
  if (!item) return roster.size > 0 ? 'missing' : 'empty';
  return item.subscription === 'both' ? 'both' : 'half';
}

/**
 * Whether the server takes an item there. Prosody, for one, writes nothing to a roster that it could not read. The item means nothing, and goes at once.
 */
async function isKept({ rosters, log }: RosterContext, { id, jid }: Account, { dirty }: Plan): Promise<boolean> {
  const item: RosterItem = { jid: dirty.jid, subscription: 'none', name: '', groups: [] };
  try {
    await rosters.set(jid, item, undefined);
    await rosters.remove(jid, item.jid, item);
    return true;
  } catch (err) {
    if (!(err instanceof Denied)) throw err;
    log.warn({ err, subject: id }, 'the XMPP server says that a roster is empty, and writes nothing to it');
    return false;
  }
}

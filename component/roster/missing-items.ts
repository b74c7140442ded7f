import { raiseAgain } from '../../domain/friendship/half-item.ts';
import { decideMissing, type OtherEnd } from '../../domain/friendship/missing-item.ts';
import type { LedgerEntry, RosterItem, RosterStep } from '../../domain/friendship/roster.ts';
import { NOBODY } from '../../store/friendship/friends.ts';
import { Denied } from '../stream/denied.ts';
import { livesElsewhere } from './meeting.ts';
import { type Account, type Plan, planned, type RosterContext } from './roster-step.ts';

/**
 * An item that is missing is not taken for deleted, nor for taken away already, before that was looked into, where nothing of Earshot's is left in the roster: one that
 * the server could not read holds what was added since, and contacts that the server adds to every roster by itself.
 */
export async function lookFirst(
  context: RosterContext,
  account: Account,
  plans: readonly Plan[],
  roster: ReadonlyMap<string, RosterItem>,
): Promise<Plan[]> {
  const isMissing = ({ step, item, ledger }: Plan) =>
    step.do === 'declined' || (step.do === 'forget' && !item && ledger?.kind !== 'own');
  if (!plans.some(isMissing) || (await holdsOurs(context, account, roster))) return [...plans];
  return plans.map((plan) => (isMissing(plan) ? { ...plan, step: { do: 'look' } } : plan));
}

/** Whether an item that Earshot has made `both` is there as such. A contact that a user adds by hand is not `both` at once, whoever it is. */
async function holdsOurs(
  { stores }: RosterContext,
  { id, jid }: Account,
  roster: ReadonlyMap<string, RosterItem>,
): Promise<boolean> {
  if (roster.size === 0) return false;
  const ledger = await stores.ledger.whole(id, jid);
  return [...ledger].some(
    ([item, { kind, pending }]) => kind !== 'own' && !pending && roster.get(item)?.subscription === 'both',
  );
}

/**
 * Decides such an item. `missing`: of those that are looked at together, which are surely not there (`surelyMissing`). `wait`: the other end's job is to look
 * first; `later`: nobody knows before the server is well again.
 */
export async function decideOneMissing(
  context: RosterContext,
  account: Account,
  plan: Plan,
  ledger: LedgerEntry,
  missing: () => Promise<ReadonlySet<string>>,
): Promise<Plan | 'wait' | 'later'> {
  // What is to go is still there if the server could not read it.
  if (!plan.wanted) return (await missing()).has(plan.dirty.jid) ? planned(plan, { do: 'forget' }) : 'later';
  switch (decideMissing(await otherEnd(context, account, plan))) {
    case 'mend':
      return planned(plan, makeAgain(plan, ledger));
    case 'declined':
      return { ...plan, step: { do: 'declined' } };
    case 'wait':
      return 'wait';
    case 'try':
      return (await missing()).has(plan.dirty.jid) ? { ...plan, step: { do: 'declined' } } : 'later';
  }
}

/** The item comes into being anew, as what it was. */
function makeAgain({ dirty: { jid }, wanted }: Plan, ledger: LedgerEntry): RosterStep {
  const { name, groups } = wanted ?? ledger;
  const { pending: _, ...known } = ledger;
  return raiseAgain({ jid, subscription: 'none', name, groups }, { ...known, name, groups });
}

async function otherEnd(context: RosterContext, { jid }: Account, { dirty }: Plan): Promise<OtherEnd> {
  if (livesElsewhere(jid, dirty.jid)) return 'elsewhere';
  const roster = await context.rosters.read(dirty.jid);
  if (!roster) return 'gone';
  const item = roster.get(jid);
  if (!item) return (await holdsOurs(context, dirty, roster)) ? 'missing' : 'empty';
  return item.subscription === 'both' ? 'both' : 'half';
}

/** Which of these plans can be carried out in an account that is left: all, but for items that are missing while the server may not have read the roster. */
export async function withoutUnread(
  context: RosterContext,
  account: Account,
  plans: readonly Plan[],
  roster: ReadonlyMap<string, RosterItem>,
): Promise<Plan[]> {
  const looked = await lookFirst(context, account, plans, roster);
  const unsure = jidsOf(looked.filter(({ step }) => step.do === 'look'));
  if (unsure.length === 0) return [...plans];
  const missing = await surelyMissing(context, account, unsure);
  return missing.size === unsure.length ? [...plans] : looked.filter(({ step }) => step.do !== 'look');
}

export function jidsOf(plans: readonly Plan[]): string[] {
  return plans.map(({ dirty }) => dirty.jid);
}

/**
 * Which of these items, found missing, are surely not in the roster: those that a second read does not find either (ejabberd gives an empty
 * roster for a question that its database failed, and a user may have added the contact meanwhile), where the server takes an item in the place of one. Prosody, for one, writes
 * nothing to a roster that it could not read. That item means nothing, and goes at once.
 */
export async function surelyMissing(
  { rosters, log }: Pick<RosterContext, 'rosters' | 'log'>,
  { id, jid }: Account,
  items: readonly string[],
): Promise<ReadonlySet<string>> {
  const roster = await rosters.read(jid);
  const missing = items.filter((item) => !roster?.has(item));
  const [first] = missing;
  if (!roster || first === undefined) return new Set();
  const item: RosterItem = { jid: first, subscription: 'none', name: '', groups: [] };
  try {
    await rosters.set(jid, item, undefined);
    await rosters.remove(jid, first, item);
    return new Set(missing);
  } catch (err) {
    if (!(err instanceof Denied)) throw err;
    log.warn(
      { err, ...(id !== NOBODY && { subject: id }) },
      'the XMPP server has nothing of what was made in a roster, and writes nothing to it',
    );
    return new Set();
  }
}

import { decideHalf, type OtherItem, raiseAgain } from '../../domain/friendship/half-item.ts';
import { sideBySide } from '../../runtime/batches.ts';
import type { Marks } from '../../store/base/marks.ts';
import { wake } from '../../store/due/makes-due.ts';
import { isAskedMark } from '../../store/friendship/asked-items.ts';
import { isThere, livesElsewhere } from './meeting.ts';
import { decideOneMissing, jidsOf, surelyMissing } from './missing-items.ts';
import { type Account, type Plan, planned, type RosterContext } from './roster-step.ts';

/** Others who are looked at side by side. */
const IN_FLIGHT = 4;
/** Milliseconds until an item is looked at again: whose other end is to be looked at first; whose other end has no account. */
const WAIT = 5_000;
const LATER = 60_000;

/**
 * Decides the items that are there and not `both`, or missing in a roster that holds nothing of Earshot's, when it is known how the other end stands
 * (decisions 304 and 207). `marks`: of the items, by JID. Those that wait for the other end are not among
 * the plans that are returned, and their marks are to stay.
 */
export async function decideHalves(
  context: RosterContext,
  account: Account,
  plans: readonly Plan[],
  marks: Marks,
): Promise<Plan[]> {
  const halves = plans.filter(({ step }) => step.do === 'look');
  if (halves.length === 0) return [...plans];
  const decided = new Map<Plan, Plan | number>();
  // The server is tried once for all of them.
  let found: Promise<ReadonlySet<string>> | undefined;
  function missing(): Promise<ReadonlySet<string>> {
    found ??= surelyMissing(context, account, jidsOf(halves.filter(({ item }) => !item)));
    return found;
  }
  const { failure } = await sideBySide(halves, IN_FLIGHT, async (plan) => {
    decided.set(plan, await decideOne(context, account, plan, marks[plan.dirty.jid] ?? '', missing));
  });
  if (failure) throw failure.reason;
  const all = plans.map((plan) => decided.get(plan) ?? plan);
  const waits = all.filter((one) => typeof one === 'number');
  if (waits.length > 0) await context.stores.due.postpone('roster', account.id, context.now() + Math.min(...waits));
  return all.filter((one) => typeof one !== 'number');
}

/** For an item that waits: milliseconds. */
async function decideOne(
  context: RosterContext,
  account: Account,
  plan: Plan,
  mark: string,
  missing: () => Promise<ReadonlySet<string>>,
): Promise<Plan | number> {
  const { item, ledger } = plan;
  if (!ledger) return plan;
  if (!item) {
    const decided = await decideOneMissing(context, account, plan, ledger, missing);
    if (decided === 'wait') await haveOtherLook(context, account, plan);
    if (typeof decided === 'object') return decided;
    return decided === 'wait' ? WAIT : LATER;
  }
  const other = livesElsewhere(account.jid, plan.dirty.jid)
    ? await farItem(context, account, plan, mark)
    : await nearItem(context, account, plan);
  switch (decideHalf(other)) {
    case 'wait':
      if (other !== 'asked') await haveOtherLook(context, account, plan);
      if (other === 'unasked') await context.stores.askedItems.note(account.id, plan.dirty.jid, mark);
      return WAIT;
    case 'later':
      return LATER;
    case 'mend':
      return planned(plan, raiseAgain(item, ledger));
    case 'declined':
      return planned(plan, { do: 'declined' });
    case 'leave':
      return plan;
  }
}

/** Of two at one home both rosters can be read. */
async function nearItem({ rosters }: RosterContext, { jid }: Account, { dirty }: Plan): Promise<OtherItem> {
  const roster = await rosters.read(dirty.jid);
  if (!roster) return 'gone';
  const item = roster.get(jid);
  if (!item) return 'missing';
  return item.subscription === 'both' ? 'both' : 'half';
}

/** At another home only the roster job there can read it. */
async function farItem({ stores }: RosterContext, account: Account, plan: Plan, mark: string): Promise<OtherItem> {
  const { dirty, ledger } = plan;
  const { answer, asks } = await stores.askedItems.answer(dirty, account);
  if (answer === 'refuses') return 'refuses';
  const [theirs] = await stores.ledger.ofEach([dirty], account.jid);
  if (!isThere(theirs) || ledger?.met !== theirs.since) return 'strange';
  if (asks) return 'asks';
  if (!isAskedMark(mark)) return 'unasked';
  return answer === 'waits' ? 'asked' : 'there';
}

async function haveOtherLook(context: RosterContext, account: Account, { dirty }: Plan): Promise<void> {
  const { stores, queues, now } = context;
  await stores.friends.lookAgain([dirty.id], account, now());
  await wake(queues, 'befriended', [dirty.id]);
}

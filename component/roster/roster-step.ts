import {
  decideRosterStep,
  type LedgerEntry,
  type RosterItem,
  type RosterStep,
} from '../../domain/friendship/roster.ts';
import { sideBySide } from '../../runtime/batches.ts';
import { type Marks, newStamp } from '../../store/base/marks.ts';
import type { ToldLately } from '../../store/due/lately.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { DirtyItem, Friend } from '../../store/friendship/friends.ts';
import type { LedgerChange } from '../../store/friendship/ledger.ts';
import { keysOf } from '../../store/subscriber/subscriber-record.ts';
import type { Context, With } from '../context.ts';
import { keepInMind } from '../lapses/told-lately.ts';
import type { XmppServer } from '../server/server.ts';
import type { KeepsMade, MadeItem } from './made-items.ts';

/** What works on rosters; where there are no meetings, clients learn of friends at their next presence change. */
export type RosterContext = With<'rosters'> &
  Pick<XmppServer, 'meetings' | 'lapses'> & {
    /** False only of an account that surely has no client online. */
    mayBeOnline(jid: string): boolean;
    /** What the server keeps of that (decision 279); absent where it keeps nothing. */
    made?: KeepsMade;
  };

/** A subscriber's account; a former one is at another JID than the subscriber's own. */
export type Account = { id: string; jid: string };

/** One item of a roster: what is wanted there, and what the server and the ledger say. */
export type Task = {
  dirty: DirtyItem;
  wanted: Friend | undefined;
  item: RosterItem | undefined;
  ledger: LedgerEntry | undefined;
};

/** `during`, `after`: what the ledger says until the server has answered, and then. */
export type Plan = Task & { step: RosterStep; during: LedgerEntry | undefined; after: LedgerEntry | undefined };

/** Items of one roster that are begun at the same time: as many as there are places for writes (`component/server/rosters`), so that a long book keeps the server busy alone. */
const IN_FLIGHT = 16;

/** The one step that brings the item to what is wanted. */
export function planOf(task: Task): Plan {
  const { dirty, wanted, item, ledger } = task;
  const label = wanted && { name: wanted.name, groups: wanted.groups };
  return planned(task, decideRosterStep(dirty.jid, label, item, ledger));
}

/** That step, with what the ledger says of it. */
export function planned({ dirty, wanted, item, ledger }: Task, step: RosterStep): Plan {
  const task = { dirty, wanted, item, ledger };
  switch (step.do) {
    case 'set':
      // The intention first: an item that is missing after a crash was then not deleted by the user.
      return { ...task, step, during: intended(step.ledger, ledger), after: stamped(step.ledger) };
    case 'restore':
    case 'remove':
      // If nobody comes to forget the entry and the two become friends again, the user has not deleted the item.
      return { ...task, step, during: ledger && pending(ledger), after: undefined };
    case 'note':
      return { ...task, step, during: ledger, after: stamped(step.ledger) };
    case 'forget':
      return { ...task, step, during: ledger, after: undefined };
    case 'declined':
    case 'look':
    case 'nothing':
      return { ...task, step, during: ledger, after: ledger };
  }
}

/**
 * Notes what is intended and takes the steps in the account's roster. Those whose plans are
 * returned are taken, and not yet noted in the ledger. The server is told at once what has gone: were Redis away
 * from that moment on, and an older copy put back, the items would pass for deleted by their user.
 */
export async function takeSteps(
  context: RosterContext,
  account: Account,
  plans: readonly Plan[],
): Promise<{ done: Plan[]; failure: { reason: unknown } | undefined }> {
  for (const { step } of plans) context.metrics.rosterSteps.inc({ step: step.do });
  await note(context, account, changes(plans, 'ledger', 'during'));
  await keepMade(context, account, plans.filter(isNew), ({ during }) => during);
  await keepInMind(
    context,
    account.id,
    plans.flatMap((plan) => toldBy(account, plan)),
  );
  const taken = await sideBySide(plans, IN_FLIGHT, (plan) => takeStep(context, account, plan));
  await keepMade(context, account, taken.done.filter(isOver), () => undefined);
  return taken;
}

/** Notes in the ledger the steps that are taken, and that these items are done. */
export async function noteTaken(
  context: RosterContext,
  account: Account,
  taken: readonly Plan[],
  done?: Marks,
): Promise<void> {
  await note(context, account, changes(taken, 'during', 'after'), done);
}

/** Has the server keep what these items are from now on. */
async function keepMade(
  { made }: Pick<RosterContext, 'made'>,
  account: Account,
  plans: readonly Plan[],
  from: (plan: Plan) => MadeItem | undefined,
): Promise<void> {
  if (plans.length > 0) await made?.note(account, new Map(plans.map((plan) => [plan.dirty.jid, from(plan)])));
}

/** Whether the item is about to be Earshot's, or may be so since a moment ago. */
function isNew({ step, ledger, during }: Plan): boolean {
  return step.do === 'set' && during?.kind !== 'own' && (!ledger || ledger.pending === true);
}

/** Whether the item was Earshot's, and is so no longer. */
function isOver({ during, after }: Plan): boolean {
  return during !== undefined && during.kind !== 'own' && after === undefined;
}

/** @throws Error when another process has changed one of these entries; nothing is noted then, and all of it is done again. */
export async function note(
  { stores }: Context,
  { id, jid }: Account,
  entries: readonly LedgerChange[],
  done?: Marks,
): Promise<void> {
  if (!(await stores.ledger.note(id, jid, entries, done)))
    throw new Error('another component works on the same roster');
}

/** What the server is told by this step. */
function toldBy({ jid: account }: Account, { dirty: { jid, id: other }, step, during: ledger }: Plan): ToldLately[] {
  const isTold = step.do === 'set' || step.do === 'restore' || step.do === 'remove';
  return isTold && ledger ? [{ what: 'item', account, jid, other, ledger }] : [];
}

function changes(plans: readonly Plan[], from: 'ledger' | 'during', to: 'during' | 'after'): LedgerChange[] {
  return plans.flatMap(({ dirty: { jid }, [from]: seen, [to]: next }) => (seen === next ? [] : [{ jid, seen, next }]));
}

/** Takes the step in that account. */
export async function takeStep(
  context: RosterContext,
  { id, jid }: Account,
  { dirty, step, item, ledger }: Plan,
): Promise<void> {
  const { rosters, meetings } = context;
  switch (step.do) {
    case 'set':
      // What was Earshot's already had no request pending: half of it was taken away since.
      if (isRaised(step.item, item) && (!ledger || ledger.pending)) await meetings?.settle(jid, dirty.jid, item);
      return rosters.set(jid, step.item, item);
    case 'restore':
      return rosters.set(jid, step.item, item);
    case 'remove':
      // Before the item goes: once it is gone nobody would say it again after a crash.
      await part(context, jid, dirty.jid);
      return rosters.remove(jid, dirty.jid, item);
    case 'declined':
      return declined(context, id, dirty.id);
  }
}

/**
 * Whether the step raises the item to `both` and a subscription request of the other may be
 * pending. The request is settled before the step: after it, the same stanza would end the other's
 * subscription. Who is already subscribed (`from`, `both`) has no request pending.
 */
function isRaised(next: RosterItem, before: RosterItem | undefined): boolean {
  return next.subscription === 'both' && before?.subscription !== 'both' && before?.subscription !== 'from';
}

/** One that the user had made, and that is gone, is made anew as Earshot's. */
function intended(next: LedgerEntry, before: LedgerEntry | undefined): LedgerEntry {
  return before?.kind === next.kind ? before : pending(next);
}

function pending(entry: LedgerEntry): LedgerEntry {
  return { ...entry, pending: true };
}

function stamped(entry: LedgerEntry): LedgerEntry {
  return { ...entry, since: entry.since ?? newStamp().slice(0, 8) };
}

/** The user deleted the item or ended the subscription: that is a no to this friend, for both ends. */
async function declined({ stores, queues, now }: Context, id: string, other: string): Promise<void> {
  const friend = await stores.subscribers.record(other);
  if (!friend) return;
  await stores.pairs.decline(id, other, keysOf(friend));
  await stores.pairs.touch(id, [other], now());
  await wake(queues, 'paired', [id, other]);
}

/** The user's clients see the former friend leave, and the server no longer takes the friend's for an audience. */
async function part({ stores, meetings }: RosterContext, jid: string, former: string): Promise<void> {
  const [resources = []] = await stores.presences.of([former]);
  await meetings?.part(
    jid,
    resources.map(({ resource }) => `${former}/${resource}`),
  );
}

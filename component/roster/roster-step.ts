import {
  decideRosterStep,
  type LedgerEntry,
  type RosterItem,
  type RosterStep,
} from '../../domain/friendship/roster.ts';
import { sideBySide } from '../../runtime/batches.ts';
import { wake } from '../../store/base/makes-due.ts';
import { type Marks, newStamp } from '../../store/base/marks.ts';
import type { DirtyItem, Friend } from '../../store/friendship/friends.ts';
import type { LedgerChange } from '../../store/friendship/ledger.ts';
import { keysOf } from '../../store/subscriber/subscriber-record.ts';
import type { Context, With } from '../context.ts';
import type { XmppServer } from '../server/server.ts';

/** What works on rosters; where there are no meetings, clients learn of friends at their next presence change. */
export type RosterContext = With<'rosters'> &
  Pick<XmppServer, 'meetings'> & {
    /** False only of an account that surely has no client online. */
    mayBeOnline(jid: string): boolean;
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

/** Writes to one roster that are on their way at the same time; the server does them one after the other. */
const IN_FLIGHT = 4;

/** The one step that brings the item to what is wanted. */
export function planOf(task: Task): Plan {
  const { dirty, wanted, item, ledger } = task;
  const step = decideRosterStep(dirty.jid, wanted && { name: wanted.name, groups: wanted.groups }, item, ledger);
  switch (step.do) {
    case 'set':
      // The intention first: an item that is missing after a crash was then not deleted by the user.
      return { ...task, step, during: ledger ?? pending(step.ledger), after: stamped(step.ledger) };
    case 'restore':
    case 'remove':
      // If nobody comes to forget the entry and the two become friends again, the user has not deleted the item.
      return { ...task, step, during: ledger && pending(ledger), after: undefined };
    case 'note':
      return { ...task, step, during: ledger, after: stamped(step.ledger) };
    case 'forget':
      return { ...task, step, during: ledger, after: undefined };
    case 'declined':
    case 'nothing':
      return { ...task, step, during: ledger, after: ledger };
  }
}

/**
 * Notes what is intended and takes the steps in the account's roster. Those whose plans are
 * returned are taken, and not yet noted.
 */
export async function takeSteps(
  context: RosterContext,
  account: Account,
  plans: readonly Plan[],
): Promise<{ done: Plan[]; failure: { reason: unknown } | undefined }> {
  for (const { step } of plans) context.metrics.rosterSteps.inc({ step: step.do });
  await note(context, account, changes(plans, 'ledger', 'during'));
  return sideBySide(plans, IN_FLIGHT, (plan) => takeStep(context, account, plan));
}

/** Notes the steps that are taken, and that these items are done. */
export async function noteTaken(
  context: RosterContext,
  account: Account,
  taken: readonly Plan[],
  done?: Marks,
): Promise<void> {
  await note(context, account, changes(taken, 'during', 'after'), done);
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

function changes(plans: readonly Plan[], from: 'ledger' | 'during', to: 'during' | 'after'): LedgerChange[] {
  return plans.flatMap(({ dirty: { jid }, [from]: seen, [to]: next }) => (seen === next ? [] : [{ jid, seen, next }]));
}

async function takeStep(context: RosterContext, { id, jid }: Account, { dirty, step, item }: Plan): Promise<void> {
  const { rosters, meetings } = context;
  switch (step.do) {
    case 'set':
      if (isRaised(step.item, item)) await meetings?.settle(jid, dirty.jid);
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

import { isElsewhere } from '../../domain/account/homes.ts';
import { domainOf } from '../../domain/account/jid.ts';
import type { QueueName } from '../../runtime/queue/queue-table.ts';
import type { FormerJid } from '../../store/account/former-jids.ts';
import { wake } from '../../store/due/makes-due.ts';
import { NOBODY } from '../../store/friendship/friends.ts';
import type { RosterWork } from '../../store/friendship/roster-work.ts';
import type { Context } from '../context.ts';
import { withoutUnread } from './missing-items.ts';
import { noteTaken, planOf, type RosterContext, takeSteps } from './roster-step.ts';

/** Whose account it was. `leavesHome`: given where the present one is at another home. */
type Mover = { id: string; leavesHome?: string };

/** Milliseconds until a roster is looked at again that the server may not have read. */
const UNREAD = 60_000;

/**
 * Undoes what Earshot did in an account that its subscriber has given up, and then frees the JID. Outlets that
 * show something there take it away first and ask for this job again: friends hear of the end of a
 * tune by the items. Until then the JID is kept.
 */
export async function leaveAccount(context: RosterContext, mover: Mover, { jid, state }: FormerJid): Promise<void> {
  if (state !== 'undo') return free(context, mover, jid);
  const showing = await context.stores.told.toLeave(mover.id, jid);
  if (showing.length > 0) return askFor(context, mover, showing);
  if (!(await undoRoster(context, mover.id, jid)))
    return context.stores.due.postpone('roster', mover.id, context.now() + UNREAD);
  await freeOnceLeft(context, mover, jid);
}

/** Frees the JID, unless another job has still to leave the account: it asks for the roster job again when it has. */
export async function freeOnceLeft(context: Context, mover: Mover, jid: string): Promise<void> {
  const { stores } = context;
  const { id } = mover;
  const toLeave = await whoHasToLeave(context, mover, jid);
  if (toLeave.length > 0) return askFor(context, mover, toLeave);
  await stores.offers.drop(id, jid);
  await stores.formerJids.undone(id, jid);
  await free(context, mover, jid);
}

/**
 * The items at JIDs that friends have given up and where outlets still show a tune. They stay until
 * its end is told there, which asks for this job again (decision 293). Nobody waits for another
 * home, which may be away.
 */
export async function itemsToLeave(
  { stores, home }: RosterContext,
  { items, wanted }: RosterWork,
): Promise<Set<string>> {
  const moved = items.filter(({ id, jid }) => wanted.has(id) && wanted.get(id)?.jid !== jid);
  const here = moved.filter(({ jid }) => !isElsewhere(home, domainOf(jid)));
  const outlets = await Promise.all(here.map(({ id, jid }) => stores.told.toLeave(id, jid)));
  return new Set(here.filter((_, i) => outlets[i]?.length !== 0).map(({ jid }) => jid));
}

async function askFor({ queues }: Context, { id }: Mover, toLeave: readonly QueueName[]): Promise<void> {
  await Promise.all(toLeave.map((queue) => queues.enqueue(queue, [id])));
}

/** The outlets; and where another home takes over, which could not do it, whoever hears the account. */
async function whoHasToLeave({ stores }: Context, { id, leavesHome }: Mover, jid: string): Promise<QueueName[]> {
  const outlets = await stores.told.toLeave(id, jid);
  const isHeard = leavesHome !== undefined && (await stores.listening.on(id)) === jid;
  return isHeard ? [...outlets, 'listen'] : outlets;
}

async function free({ stores, queues, now }: Context, { id }: Mover, jid: string): Promise<void> {
  if (await stores.formerJids.free(id, jid, now())) await wake(queues, 'changedHome', [id]);
}

/** False where items may be left, as the server may not have read the roster (decision 207). */
async function undoRoster(context: RosterContext, id: string, jid: string): Promise<boolean> {
  const whole = await context.stores.ledger.whole(id, jid);
  if (whole.size === 0) return true;
  const found = await context.rosters.read(jid);
  const roster = found ?? new Map();
  const plans = [...whole].map(([itemJid, ledger]) =>
    planOf({ dirty: { jid: itemJid, id: NOBODY }, wanted: undefined, item: roster.get(itemJid), ledger }),
  );
  // In an account that is gone nothing is left to undo.
  const ready = found ? await withoutUnread(context, { id, jid }, plans, found) : plans;
  const { done, failure } = await takeSteps(context, { id, jid }, ready);
  await noteTaken(context, { id, jid }, done);
  if (failure) throw failure.reason;
  return ready.length === plans.length;
}

import type { FormerJid } from '../../store/account/former-jids.ts';
import { NOBODY } from '../../store/friendship/friends.ts';
import type { Context } from '../context.ts';
import { noteTaken, planOf, type RosterContext, takeSteps } from './roster-step.ts';

/**
 * Undoes what Earshot did in an account that its subscriber has given up, and then frees the JID. Outlets that
 * show something there take it away and ask for this job again; until then the JID is kept.
 */
export async function leaveAccount(context: RosterContext, id: string, { jid, state }: FormerJid): Promise<void> {
  if (state !== 'undo') return context.stores.formerJids.free(id, jid);
  await undoRoster(context, id, jid);
  await freeOnceLeft(context, id, jid);
}

/** Frees the JID, unless an outlet has still to leave the account: it asks for the roster job again when it has. */
export async function freeOnceLeft({ stores, queues }: Context, id: string, jid: string): Promise<void> {
  const toLeave = await stores.told.toLeave(id, jid);
  if (toLeave.length > 0) return void (await Promise.all(toLeave.map((queue) => queues.enqueue(queue, [id]))));
  await stores.offers.drop(id, jid);
  await stores.formerJids.undone(id, jid);
  await stores.formerJids.free(id, jid);
}

async function undoRoster(context: RosterContext, id: string, jid: string): Promise<void> {
  const whole = await context.stores.ledger.whole(id, jid);
  if (whole.size === 0) return;
  // In an account that is gone nothing is left to undo.
  const roster = (await context.rosters.read(jid)) ?? new Map();
  const plans = [...whole].map(([itemJid, ledger]) =>
    planOf({ dirty: { jid: itemJid, id: NOBODY }, wanted: undefined, item: roster.get(itemJid), ledger }),
  );
  const { done, failure } = await takeSteps(context, { id, jid }, plans);
  await noteTaken(context, { id, jid }, done);
  if (failure) throw failure.reason;
}

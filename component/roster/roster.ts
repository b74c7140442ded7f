import { isElsewhere, workingHome } from '../../domain/account/homes.ts';
import { domainOf } from '../../domain/account/jid.ts';
import { inBatches } from '../../runtime/batches.ts';
import { toFormerJids } from '../../store/account/former-jids.ts';
import type { Marks } from '../../store/base/marks.ts';
import type { DirtyItem } from '../../store/friendship/friends.ts';
import type { RosterWork } from '../../store/friendship/roster-work.ts';
import { isAsked } from '../../store/friendship/sharing.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { itemsToLeave, leaveAccount } from './former-account.ts';
import { decideHalves } from './half-items.ts';
import { haveToMeet, meet } from './meeting.ts';
import { lookFirst } from './missing-items.ts';
import { endPartings, only } from './roster-marks.ts';
import { noteTaken, type Plan, planOf, type RosterContext, type Task, takeSteps } from './roster-step.ts';

/** Milliseconds until a subscriber without an account on the server is looked at again. */
const NO_ACCOUNT = 60_000;
/** Items whose intentions are noted in one step, and so are their ends. */
const BATCH = 100;

/**
 * The `roster` job: brings the items that changed to the wanted state, and undoes what was done in
 * accounts that were given up. Only this job writes the subscriber's ledger.
 * The item of a former friend stays until the tune jobs of both have cleared the tunes. Prosody
 * delivers a tune by the rosters of who is online, so the end of a tune may still need either item. So
 * does the item of a friend at a JID that the friend has given up.
 */
export function createRosterJob(
  context: RosterContext,
  presenceOf: (jid: string) => Promise<void>,
): (id: string) => Promise<void> {
  const { stores } = context;

  return async (id) => {
    const first = await stores.rosterWork.read(id);
    if (first.subscriber && isElsewhere(context.home, workingHome(first.subscriber))) return;
    const former = toFormerJids(first.former);
    for (const account of former) await leaveAccount(context, { ...first.subscriber, id }, account);
    const work = former.length > 0 ? await stores.rosterWork.read(id) : first;
    const { subscriber, items, partings } = work;
    // All else is done where the subscriber has gone.
    if (subscriber && isElsewhere(context.home, domainOf(subscriber.jid))) return;
    if (subscriber) await presenceOf(subscriber.jid);
    const parting = items.length > 0 ? await whoStillShows(context, id, partings) : new Set();
    const left = await itemsToLeave(context, work);
    const ready = items.filter((item) => !parting.has(item.id) && !left.has(item.jid));
    if (subscriber && ready.length > 0) await converge(context, subscriber, work, ready);
    else await leaveAsTheyAre(context, id, work, ready);
  };
}

/**
 * The former friends with whom clearing the screens has not ended: one of the two has not cleared
 * its tune, or has not yet decided that the friendship is over.
 */
async function whoStillShows({ stores }: RosterContext, id: string, partings: Marks): Promise<Set<string>> {
  const others = Object.keys(partings);
  const [theirs, theirPartings] = await Promise.all([
    stores.friends.ofEach(others, id),
    stores.sharing.partingsOfEach(others, id),
  ]);
  return new Set(others.filter((other, i) => isAsked(partings[other]) || theirs[i] || isAsked(theirPartings[i])));
}

async function converge(
  context: RosterContext,
  subscriber: Subscriber,
  work: RosterWork,
  items: readonly DirtyItem[],
): Promise<void> {
  const { stores, log, now } = context;
  const { id, jid } = subscriber;
  const roster = await context.rosters.read(jid);
  if (!roster) {
    log.warn({ subject: id }, 'the subscriber has no account on the XMPP server');
    if (subscriber.state === 'leaving') return leaveAsTheyAre(context, id, work, items);
    // There may be an account later.
    return stores.due.postpone('roster', id, now() + NO_ACCOUNT);
  }
  const tasks = items.map((dirty): Task => {
    const friend = work.wanted.get(dirty.id);
    const wanted = friend?.jid === dirty.jid ? friend : undefined;
    return { dirty, wanted, item: roster.get(dirty.jid), ledger: work.ledger.get(dirty.jid) };
  });
  for (const part of inBatches(tasks, BATCH)) {
    const plans = await lookFirst(context, subscriber, part.map(planOf), roster);
    await convergeItems(context, subscriber, work, plans);
  }
}

/** Takes the steps of these items, and notes together what follows. What failed stays to be done. */
async function convergeItems(
  context: RosterContext,
  subscriber: Subscriber,
  { partings, marks }: RosterWork,
  planned: readonly Plan[],
): Promise<void> {
  const plans = await decideHalves(context, subscriber, planned, marks);
  const { done, failure } = await takeSteps(context, subscriber, plans);
  const itemsOf = (plans: readonly Task[]) => plans.map(({ dirty }) => dirty);
  const meeting = done.filter((plan) => haveToMeet(context, subscriber, plan));
  const others = done.filter((plan) => !meeting.includes(plan));
  await endPartings(context, subscriber.id, only(partings, itemsOf(done), 'id'));
  await noteTaken(context, subscriber, done, only(marks, itemsOf(others), 'jid'));
  await meet(context, subscriber, meeting, only(marks, itemsOf(meeting), 'jid'));
  if (failure) throw failure.reason;
}

/** Nothing can be done about these items, or nothing is left to do. */
async function leaveAsTheyAre(
  context: RosterContext,
  id: string,
  { partings, marks }: RosterWork,
  items: readonly DirtyItem[],
): Promise<void> {
  const { stores } = context;
  await endPartings(context, id, only(partings, items, 'id'));
  await stores.friends.clearDirtyItems(id, only(marks, items, 'jid'));
  await stores.due.settle('roster', id, [stores.keys.dirtyItems(id), stores.keys.former(id)]);
}

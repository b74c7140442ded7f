import { decideRosterStep, type LedgerEntry, type RosterItem } from '../../domain/friendship/roster.ts';
import type { Marks } from '../../store/base/marks.ts';
import type { DirtyItem, Friend } from '../../store/friendship/friends.ts';
import { isAsked } from '../../store/friendship/sharing.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import { leaveAccount } from './former-account.ts';
import { endPartings, only } from './roster-marks.ts';
import { type RosterContext, takeRosterStep } from './roster-step.ts';

/** One item of the job: where it is, what is wanted, what the server and the ledger say. */
type Task = {
  dirty: DirtyItem;
  wanted: Friend | undefined;
  item: RosterItem | undefined;
  ledger: LedgerEntry | undefined;
};

/** Milliseconds until a subscriber without an account on the server is looked at again. */
const NO_ACCOUNT = 60_000;

/**
 * The `roster` job: brings the items that changed to the wanted state, and undoes what was done in
 * accounts that were given up. Only this job writes the subscriber's ledger.
 * The item of a former friend stays until the tune jobs of both have cleared the tunes. Prosody
 * delivers a tune by the rosters of who is online, so the end of a tune may still need either item.
 */
export function createRosterJob(
  context: RosterContext,
  presenceOf: (jid: string) => Promise<void>,
): (id: string) => Promise<void> {
  const { stores, now } = context;

  return async (id) => {
    for (const former of await stores.formerJids.list(id)) await leaveAccount(context, id, former);
    const subscriber = await stores.subscribers.record(id);
    const { items, marks } = await stores.friends.dirtyItems(id);
    const { wanted, partings } = await stores.friends.wantedAndParting(
      id,
      items.map((item) => item.id),
    );
    const waiting = await whoStillShows(context, id, partings);
    const ready = items.filter((item) => !waiting.has(item.id));
    if (subscriber && ready.length > 0 && !(await converge(context, subscriber, ready, wanted)))
      return stores.due.postpone('roster', id, now() + NO_ACCOUNT);
    if (subscriber) await presenceOf(subscriber.jid);
    await endPartings(context, id, only(partings, ready, 'id'));
    await stores.friends.clearDirtyItems(id, only(marks, ready, 'jid'));
    await stores.due.settle('roster', id, [stores.keys.dirtyItems(id), stores.keys.former(id)]);
  };
}

/**
 * The former friends with whom clearing the screens has not ended: one of the two has not cleared
 * its tune, or has not yet decided that the friendship is over.
 */
async function whoStillShows({ stores }: Context, id: string, partings: Marks): Promise<Set<string>> {
  const others = Object.keys(partings);
  const [theirs, theirPartings] = await Promise.all([
    stores.friends.ofEach(others, id),
    stores.sharing.partingsOfEach(others, id),
  ]);
  return new Set(others.filter((other, i) => isAsked(partings[other]) || theirs[i] || isAsked(theirPartings[i])));
}

/** False when there is no account whose roster could be changed, and there may be one later. */
async function converge(
  context: RosterContext,
  subscriber: Subscriber,
  items: DirtyItem[],
  wanted: ReadonlyMap<string, Friend>,
): Promise<boolean> {
  const { stores, log } = context;
  const { id, jid } = subscriber;
  const roster = await context.rosters.read(jid);
  if (!roster) {
    log.warn({ subject: id }, 'the subscriber has no account on the XMPP server');
    return subscriber.state === 'leaving';
  }
  const jids = items.map((item) => item.jid);
  const ledger = await stores.friends.ledger(id, jid, jids);
  for (const [i, dirty] of items.entries()) {
    const friend = wanted.get(dirty.id);
    const task = { dirty, item: roster.get(dirty.jid), ledger: ledger[i] };
    await convergeItem(context, subscriber, { ...task, wanted: friend?.jid === dirty.jid ? friend : undefined });
  }
  return true;
}

async function convergeItem(context: RosterContext, subscriber: Subscriber, task: Task): Promise<void> {
  const { dirty, wanted, item, ledger } = task;
  const label = wanted && { name: wanted.name, groups: wanted.groups };
  const step = decideRosterStep(dirty.jid, label, item, ledger);
  context.metrics.rosterSteps.inc({ step: step.do });
  await takeRosterStep(context, subscriber, dirty, step, item, ledger);
  if (wanted && step.do !== 'declined') await meet(context, subscriber, dirty);
}

/**
 * Makes two new friends see each other's presence once both rosters have their items. Each of the
 * two roster jobs tries, so whichever comes last does it.
 */
async function meet({ stores, meetings }: RosterContext, subscriber: Subscriber, dirty: DirtyItem): Promise<void> {
  const [[mine], [theirs]] = await Promise.all([
    stores.friends.ledger(subscriber.id, subscriber.jid, [dirty.jid]),
    stores.friends.ledger(dirty.id, dirty.jid, [subscriber.jid]),
  ]);
  if (!mine?.since || !theirs?.since || theirs.pending || mine.met === theirs.since) return;
  // An item that was removed and made again is news to the server, also when the other side saw nothing of it.
  if (theirs.met !== mine.since) await meetings?.introduce(subscriber.jid, dirty.jid);
  await stores.friends.noteLedger(subscriber.id, subscriber.jid, dirty.jid, { ...mine, met: theirs.since });
}

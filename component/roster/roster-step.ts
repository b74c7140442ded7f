import type { LedgerEntry, RosterItem, RosterStep } from '../../domain/friendship/roster.ts';
import { wake } from '../../store/base/makes-due.ts';
import { newStamp } from '../../store/base/marks.ts';
import type { DirtyItem } from '../../store/friendship/friends.ts';
import { keysOf } from '../../store/subscriber/subscriber-record.ts';
import type { Context, With } from '../context.ts';
import type { XmppServer } from '../server/server.ts';

/** What works on rosters; where there are no meetings, clients learn of friends at their next presence change. */
export type RosterContext = With<'rosters'> & Pick<XmppServer, 'meetings'>;

/** A subscriber's account; a former one is at another JID than the subscriber's own. */
type Account = { id: string; jid: string };

/** Takes one step in an account's roster, where `item` is at present, and notes it in the ledger. */
export async function takeRosterStep(
  context: RosterContext,
  { id, jid }: Account,
  dirty: DirtyItem,
  step: RosterStep,
  item: RosterItem | undefined,
  ledger: LedgerEntry | undefined,
): Promise<void> {
  const { stores, rosters, meetings } = context;
  switch (step.do) {
    case 'set':
      // The intention first: an item that is missing after a crash was then not deleted by the user.
      if (!ledger) await stores.friends.noteLedger(id, jid, dirty.jid, { ...step.ledger, pending: true });
      if (isRaised(step.item, item)) await meetings?.settle(jid, dirty.jid);
      await rosters.set(jid, step.item, item);
      return stores.friends.noteLedger(id, jid, dirty.jid, stamped(step.ledger));
    case 'restore':
      if (ledger) await stores.friends.noteLedger(id, jid, dirty.jid, { ...ledger, pending: true });
      await rosters.set(jid, step.item, item);
      return stores.friends.forgetLedger(id, jid, dirty.jid);
    case 'remove':
      // If nobody comes to forget the entry and the two become friends again, the user has not deleted the item.
      if (ledger) await stores.friends.noteLedger(id, jid, dirty.jid, { ...ledger, pending: true });
      // Before the item goes: once it is gone nobody would say it again after a crash.
      await part(context, jid, dirty.jid);
      await rosters.remove(jid, dirty.jid);
      return stores.friends.forgetLedger(id, jid, dirty.jid);
    case 'note':
      return stores.friends.noteLedger(id, jid, dirty.jid, stamped(step.ledger));
    case 'forget':
      return stores.friends.forgetLedger(id, jid, dirty.jid);
    case 'declined':
      return declined(context, id, dirty.id);
    case 'nothing':
      return;
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

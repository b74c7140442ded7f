import { domainOf } from '../../domain/account/jid.ts';
import type { LedgerEntry, RosterItem } from '../../domain/friendship/roster.ts';
import { every, type Running } from '../../runtime/lifecycle.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import type { RosterAbility, XmppServer } from '../server/server.ts';

/** Milliseconds between two rosters that are read: whatever their number, that is next to nothing for the server. */
const INTERVAL = 10_000;

/** Reads a roster here and there. */
export type RosterSampling = Running & {
  /** There is another server, or none; undefined, too, while no job runs. */
  workWith(server: XmppServer | undefined): void;
};

/** One turn: reads one roster of this home, if it is somebody's turn who has friends and nothing to be done. */
export type Sample = (rosters: RosterAbility) => Promise<void>;

/**
 * Compares rosters with what Earshot did to them, one at a time and at random, and counts. It mends nothing: an item that
 * differs may be one that its user has deleted, of which Earshot learns when it next looks at that item.
 */
export function createRosterSampling(context: Context, homeHost: string): RosterSampling {
  const sample = createSample(context, homeHost);
  let rosters: RosterAbility | undefined;
  const turns = every(INTERVAL, context.log, async () => {
    if (rosters) await sample(rosters);
  });
  return {
    workWith(server) {
      rosters = server?.rosters;
    },
    stop: () => turns.stop(),
  };
}

/** `random`: from 0 to below 1. */
export function createSample({ stores, metrics }: Context, homeHost: string, random = Math.random): Sample {
  const oneOf = (count: number) => Math.floor(random() * count);

  async function somebody(): Promise<Subscriber | undefined> {
    const ids = await stores.roll.page(oneOf(await stores.roll.pages()));
    const id = ids[oneOf(ids.length)];
    return id === undefined ? undefined : stores.subscribers.record(id);
  }

  /** Undefined while something is to be done. */
  async function settledLedger({ id, jid }: Subscriber): Promise<Map<string, LedgerEntry> | undefined> {
    return (await stores.due.isMarked('roster', id)) ? undefined : stores.ledger.whole(id, jid);
  }

  return async (rosters) => {
    const subscriber = await somebody();
    if (subscriber?.state !== 'active' || domainOf(subscriber.jid) !== homeHost) return;
    const before = await settledLedger(subscriber);
    if (!before || before.size === 0) return;
    const roster = await rosters.read(subscriber.jid);
    // What a job has changed meanwhile is no difference.
    const after = await settledLedger(subscriber);
    if (!roster || !after) return;
    for (const [jid, entry] of before)
      if (isAlike(entry, after.get(jid)))
        metrics.rosterSamples.inc({ outcome: isAsLeft(roster.get(jid)) ? 'same' : 'differs' });
  };
}

function isAlike(entry: LedgerEntry, other: LedgerEntry | undefined): boolean {
  return !entry.pending && JSON.stringify(entry) === JSON.stringify(other);
}

/** Whatever Earshot did, both see each other. */
function isAsLeft(item: RosterItem | undefined): boolean {
  return item?.subscription === 'both';
}

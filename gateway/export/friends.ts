import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import { toTime } from './section.ts';

/** As the subscriber's roster shall show them. What friends play is theirs. */
export async function exportFriends({ stores }: Context, { id }: Subscriber) {
  return (await stores.shownFriends.list(id)).map(({ id: friend, jid, name, groups, held, since }) => ({
    subscriberId: friend,
    jid,
    name,
    groups,
    ...(held && { numberHash: held }),
    ...(since !== undefined && { since: toTime(since) }),
  }));
}

/** Whom the subscriber has turned down, and the numbers whose leaving the book ends that. */
export async function exportTurnedDown({ stores }: Context, { id }: Subscriber) {
  const noes = await stores.pairs.declinedAll(id);
  return noes.map(({ other, numberKeys }) => ({ subscriberId: other, numberHashes: numberKeys }));
}

/** What Earshot did in the rosters of the subscriber's accounts, and so what it may undo. */
export async function exportRosters({ stores }: Context, { id, jid }: Subscriber) {
  const accounts = await accountsOf(stores, id, jid);
  const ledgers = await Promise.all(accounts.map((account) => stores.ledger.whole(id, account)));
  return ledgers.flatMap((ledger, i) =>
    [...ledger].map(([item, { kind, name, groups }]) => ({ account: accounts[i], item, did: kind, name, groups })),
  );
}

/** Whom Earshot has offered, where it may not change rosters itself. */
export async function exportOffers({ stores }: Context, { id, jid }: Subscriber) {
  const accounts = await accountsOf(stores, id, jid);
  const offers = await Promise.all(accounts.map((account) => stores.offers.whole(id, account)));
  return offers.flatMap((offered, i) =>
    [...offered].map(([item, { by, at }]) => ({ account: accounts[i], item, by, at: toTime(at) })),
  );
}

async function accountsOf(stores: Context['stores'], id: string, jid: string): Promise<string[]> {
  const former = await stores.formerJids.list(id);
  return [...new Set([jid, ...former.map((one) => one.jid)])];
}

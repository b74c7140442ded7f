import { isElsewhere, workingHome } from '../../domain/account/homes.ts';
import { domainOf } from '../../domain/account/jid.ts';
import { decideOffer, type Offer } from '../../domain/friendship/offer.ts';
import { inBatches } from '../../runtime/batches.ts';
import type { DirtyItem, Friend } from '../../store/friendship/friends.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import type { PresenceTracker } from '../presence/presence.ts';
import type { Bounces } from '../stream/bounces.ts';
import type { Stream } from '../stream/stream.ts';
import { xml } from '../stream/xml.ts';
import { freeOnceLeft } from './former-account.ts';
import { offerBodies } from './offer-text.ts';
import { endPartings, only } from './roster-marks.ts';
import { type Suggestion, suggestibleClient, suggestions } from './rosterx.ts';

/** Friends in one message. */
const BATCH = 50;

/** Milliseconds until what the server has brought back is offered again: there may be an account by then, or its user may be there. */
const BROUGHT_BACK = 600_000;

/** What the job works with; `domain`: the component's. */
export type Offering = {
  context: Context;
  stream: Pick<Stream, 'send' | 'request'>;
  presence: PresenceTracker;
  bounces: Bounces;
  domain: string;
};

/** What is to be said to one account: who is new, and whose item may go. */
type News = { id: string; jid: string; offer: Friend[]; withdraw: string[] };

/**
 * The `roster` job where the server grants no privileges: what should be in the user's roster is offered to the user, once (decision 73). What
 * Earshot put there while it had the right stays.
 */
export function createOfferJob(offering: Offering): (id: string) => Promise<void> {
  const { context, presence } = offering;
  const { stores } = context;

  return async (id) => {
    const mover = await stores.subscribers.record(id);
    if (mover && isElsewhere(context.home, workingHome(mover))) return;
    for (const { jid } of await stores.formerJids.list(id)) await leaveFormer(offering, { ...mover, id }, jid);
    const subscriber = await stores.subscribers.record(id);
    // All else is done where the subscriber has gone.
    if (subscriber && isElsewhere(context.home, domainOf(subscriber.jid))) return;
    const { items, marks } = await stores.friends.dirtyItems(id);
    const partings = await stores.sharing.partings(id);
    if (subscriber && items.length > 0) await tell(offering, await newsOf(context, subscriber, items));
    if (subscriber) await presence.sync(subscriber.jid);
    await endPartings(context, id, only(partings, items, 'id'));
    await stores.friends.clearDirtyItems(id, marks);
    await stores.due.settle('roster', id, [stores.keys.dirtyItems(id), stores.keys.former(id)]);
  };
}

async function newsOf({ stores }: Context, { id, jid }: Subscriber, items: readonly DirtyItem[]): Promise<News> {
  const jids = items.map((item) => item.jid);
  const [wanted, offered, ledger] = await Promise.all([
    stores.friends.some(
      id,
      items.map((item) => item.id),
    ),
    stores.offers.some(id, jid, jids),
    stores.ledger.some(id, jid, jids),
  ]);
  const news: News = { id, jid, offer: [], withdraw: [] };
  const over: string[] = [];
  for (const [i, item] of items.entries()) {
    const friend = wanted[i]?.jid === item.jid ? wanted[i] : undefined;
    const step = decideOffer(friend !== undefined, offered[i], ledger[i] !== undefined);
    if (step === 'offer' && friend) news.offer.push(friend);
    else if (step === 'withdraw') news.withdraw.push(item.jid);
    else if (step === 'forget') over.push(item.jid);
  }
  await stores.offers.forget(id, jid, over);
  return news;
}

async function tell({ context, stream, presence, bounces, domain }: Offering, news: News): Promise<void> {
  const { id, jid, offer, withdraw } = news;
  if (offer.length + withdraw.length === 0) return;
  const { stores } = context;
  const client = await suggestibleClient(stream, jid, presence.of(jid));
  for (const jids of inBatches(withdraw, BATCH)) {
    if (client !== undefined) await stream.send(suggestions(client, domain, jids.map(toWithdrawal)));
    await stores.offers.forget(id, jid, jids);
  }
  for (const friends of inBatches(offer, BATCH)) {
    const stanza =
      client === undefined
        ? xml('message', { from: domain, to: jid, type: 'chat' }, offerBodies(friends))
        : suggestions(client, domain, friends.map(toSuggestion));
    bounces.expect(stanza, () => broughtBack(context, news, friends));
    await once(context, news, friends, client === undefined ? 'message' : 'item', () => stream.send(stanza));
  }
}

/**
 * Notes the offer and then sends it. After a crash in between it is never sent, which is better
 * than twice. Only an offer that surely was not sent is made again.
 */
async function once(
  { stores, metrics, now }: Context,
  { id, jid }: News,
  friends: readonly Friend[],
  by: Offer['by'],
  send: () => Promise<void>,
): Promise<void> {
  const jids = friends.map((friend) => friend.jid);
  await stores.offers.note(id, jid, jids, { by, at: now() });
  try {
    await send();
  } catch (err) {
    await stores.offers.forget(id, jid, jids);
    throw err;
  }
  metrics.rosterSteps.inc({ step: `offer by ${by}` }, friends.length);
}

async function broughtBack({ stores, now }: Context, { id, jid }: News, friends: readonly Friend[]): Promise<void> {
  // Of somebody who has left nothing may come back.
  if (await stores.subscribers.get(id)) await stores.offers.again({ id, jid }, friends, now() + BROUGHT_BACK);
}

/** The account that was the subscriber's is left as it is, but for what was offered there; then its JID is free. */
async function leaveFormer(offering: Offering, mover: { id: string; leavesHome?: string }, jid: string): Promise<void> {
  const { stores } = offering.context;
  const { id } = mover;
  const offered = await stores.offers.whole(id, jid);
  const withdraw = [...offered].flatMap(([item, { by }]) => (by === 'item' ? [item] : []));
  await tell(offering, { id, jid, offer: [], withdraw });
  await stores.ledger.forget(id, jid);
  await freeOnceLeft(offering.context, mover, jid);
}

function toSuggestion({ jid, name, groups }: Friend): Suggestion {
  return { action: 'add', jid, name, groups };
}

function toWithdrawal(jid: string): Suggestion {
  return { action: 'delete', jid, name: '', groups: [] };
}

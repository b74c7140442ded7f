import { keysOf, phoneNumbersOf, type Subscriber } from '../../store/subscriber-record.ts';
import type { Context } from '../context.ts';
import { toTime } from './section.ts';

export async function exportSubscriber(_context: Context, subscriber: Subscriber) {
  const { id, jid, displayName, state } = subscriber;
  return { id, phoneNumbers: phoneNumbersOf(subscriber), numberHashes: keysOf(subscriber), jid, displayName, state };
}

/** XMPP accounts: those that Earshot made, and former ones in which something has still to be undone. */
export async function exportAccounts({ stores }: Context, { id }: Subscriber) {
  const [made, former] = await Promise.all([stores.accounts.madeFor(id), stores.formerJids.list(id)]);
  return { made, former: former.map(({ jid }) => jid) };
}

export async function exportTokens({ stores }: Context, { id }: Subscriber) {
  return (await stores.tokens.expiries(id)).map((time) => ({ expiresAt: toTime(time) }));
}

export async function exportPending({ stores }: Context, { id }: Subscriber) {
  const { due, numberKeys, subscribers, rosterItems, change } = await stores.pending.of(id);
  return {
    due: Object.entries(due).map(([work, time]) => ({ work, at: toTime(time) })),
    numberHashes: numberKeys,
    subscribers,
    rosterItems,
    ...(change && { change: { numberHashes: change.numberKeys, jid: change.jid } }),
  };
}

import type { Grant } from '../../domain/access/grant.ts';
import { OUTLETS } from '../../domain/playing/outlets.ts';
import { keysOf, phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import { privacyView } from '../friends/privacy-settings.ts';
import { toTime } from './section.ts';

/** The record, with numbers as they are and as they are hashed. */
export async function exportSubscriber({ stores }: Context, subscriber: Subscriber) {
  const { id, jid, displayName, state } = subscriber;
  const heardAt = await stores.hearing.last(id);
  return {
    id,
    phoneNumbers: phoneNumbersOf(subscriber),
    numberHashes: keysOf(subscriber),
    jid,
    displayName,
    state,
    ...(heardAt === undefined ? {} : { lastHeardOf: toTime(heardAt) }),
  };
}

/** XMPP accounts: those that Earshot made, former ones in which something has still to be undone, and the one whose own tunes are `heard`. */
export async function exportAccounts({ stores }: Context, { id }: Subscriber) {
  const [made, former, heard] = await Promise.all([
    stores.accounts.madeFor(id),
    stores.formerJids.list(id),
    stores.listening.on(id),
  ]);
  return { made, former: former.map(({ jid }) => jid), ...(heard === undefined ? {} : { heard }) };
}

/** Where the subscriber is signed in; tokens are kept as hashes only. */
export async function exportTokens({ stores, now }: Context, { id }: Subscriber) {
  const devices = await stores.tokens.list(id, now());
  return devices.map(({ deviceName, createdAt, usedAt, expiresAt }) => ({
    ...(deviceName === undefined ? {} : { deviceName }),
    createdAt: toTime(createdAt),
    ...(usedAt === undefined ? {} : { lastUsedAt: toTime(usedAt) }),
    expiresAt: toTime(expiresAt),
  }));
}

/** The passwords for players, which are kept as hashes only. */
export async function exportApplicationPasswords({ stores }: Context, { id }: Subscriber) {
  const passwords = await stores.applicationPasswords.list(id);
  return passwords.map(({ name, createdAt }) => ({ name, createdAt: toTime(createdAt) }));
}

/** The settings, and whom the subscriber blocks. */
export async function exportPrivacy(context: Context, { id }: Subscriber, grant: Pick<Grant, 'ranges'>) {
  const { privacies } = context.stores;
  const [state, blocked] = await Promise.all([privacies.read(id), privacies.blocked(id)]);
  return privacyView(context, grant, id, state, blocked);
}

/** Numbers that no book holds any more and that were looked up, and those that the books hold and that wait. */
export async function exportBudget({ stores }: Context, { id }: Subscriber) {
  const { asked, waiting } = await stores.budget.numbers(id);
  return { askedNumberHashes: asked, waitingNumberHashes: waiting };
}

/** Work that what others do, or whether a blocked number has an owner, makes due as well. */
const OF_OTHERS = new Set<string>(['reconcile', ...OUTLETS.map(({ queue }) => queue)]);

/**
 * What has still to be done for the subscriber. Of the pairs only those with its friends, and not when they are decided: the others may be with
 * whoever owns a number that it blocks, or with somebody who has just blocked it.
 */
export async function exportPending({ stores }: Context, { id }: Subscriber) {
  const { due, numberKeys, subscribers, rosterItems, change } = await stores.pending.of(id);
  const friends = await stores.shownFriends.among(id, subscribers);
  return {
    due: Object.entries(due)
      .filter(([work]) => !OF_OTHERS.has(work))
      .map(([work, time]) => ({ work, at: toTime(time) })),
    numberHashes: numberKeys,
    subscribers: subscribers.filter((_, i) => friends[i]),
    rosterItems,
    ...(change && { change: { numberHashes: change.numberKeys, jid: change.jid } }),
  };
}

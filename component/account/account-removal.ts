import { isElsewhere } from '../../domain/account/homes.ts';
import { domainOf } from '../../domain/account/jid.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { Stores } from '../../store/stores.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { With } from '../context.ts';
import { keepInMind } from '../lapses/told-lately.ts';
import type { XmppServer } from '../server/server.ts';
import { Denied } from '../stream/denied.ts';

/** What the jobs of accounts work with. */
export type AccountContext = With<'accounts' | 'advice'> & Pick<XmppServer, 'lapses'>;

/** Milliseconds until a server that would not delete an account is asked again. */
const REFUSED = 60_000;

/** Milliseconds until somebody who waits for an account of that name has become a subscriber, or was told that it is taken. */
const HELD = 1_000;

/**
 * Deletes the accounts that Earshot made for somebody who leaves, after everything in them was undone (decision 55). A JID that is
 * another active subscriber's by now is left alone. Those at another home are left to its component, which is the next to work
 * for the subscriber.
 */
export async function deleteMadeAccounts(context: AccountContext, subscriber: Subscriber): Promise<void> {
  const { stores, queues, accounts, advice, log, now, home } = context;
  const { id } = subscriber;
  // What was asked for before the subscriber left comes too early; the sweep asks again.
  if (await stores.due.holdErasure(id)) return handBack(context, subscriber, []);
  const made = await stores.accounts.madeFor(id);
  const [next] = made.filter((jid) => isElsewhere(home, domainOf(jid)));
  try {
    for (const jid of made.filter((one) => !isElsewhere(home, domainOf(one)))) {
      await keepInMind(context, id, [{ what: 'account-removed', jid }]);
      if (await stores.subscribers.holdJid(id, jid)) await accounts.remove(jid);
      else if (await isOnlyWanted(stores, jid)) return stores.due.postpone('account', id, now() + HELD);
      await stores.subscribers.dropJid(subscriber, jid);
      await stores.accounts.forgetOurs(id, jid);
    }
  } catch (err) {
    if (!(err instanceof Denied)) throw err;
    log.error({ err, subject: id }, `the server deletes no account, and an erasure waits; ${advice(['accounts'])}`);
    return stores.due.postpone('account', id, now() + REFUSED);
  }
  if (next !== undefined) {
    await stores.accounts.handOn(id, domainOf(next), now());
    return wake(queues, 'accountAsked', [id]);
  }
  await handBack(context, subscriber, [stores.keys.madeAccounts(id)]);
}

/** Nothing is due here any more, but for these marks; whatever else comes is of the JID's home. */
async function handBack(
  { stores }: AccountContext,
  { id, leavesHome }: Subscriber,
  marks: readonly string[],
): Promise<void> {
  if (leavesHome !== undefined) await stores.accounts.handBack(id);
  await stores.due.settle('account', id, marks);
}

async function isOnlyWanted({ subscribers }: Stores, jid: string): Promise<boolean> {
  const owner = await subscribers.idOfJid(jid);
  return owner !== undefined && (await subscribers.record(owner))?.state === 'pending';
}

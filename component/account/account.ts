import { isElsewhere } from '../../domain/account/homes.ts';
import { domainOf } from '../../domain/account/jid.ts';
import { isStaying, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { keepInMind } from '../lapses/told-lately.ts';
import { Denied } from '../stream/denied.ts';
import { type AccountContext, deleteMadeAccounts } from './account-removal.ts';
import { lockOut, setPassword } from './password.ts';

/**
 * The `account` job: makes the XMPP account that a pending subscriber waits for, locks others out of that of an active one, or gives
 * it the password that it wants, and deletes those of one who leaves.
 */
export function createAccountJob(context: AccountContext): (id: string) => Promise<void> {
  const { stores, log, advice, now } = context;

  return async (id) => {
    const subscriber = await stores.subscribers.record(id);
    // Its job is another one (`order`).
    if (subscriber?.ordered) return stores.due.settle('account', id, []);
    // Whoever waits for a password of somebody who leaves learns at once that there will be none.
    if (!isStaying(subscriber)) await stores.accounts.forget(id);
    if (subscriber?.state === 'leaving') return deleteMadeAccounts(context, subscriber);
    // Who has an account here no longer waits for the next home to begin.
    if (subscriber && isElsewhere(context.home, domainOf(subscriber.jid))) return;
    if (subscriber && (await stores.lockOuts.isUnderWay(id)) && !(await lockOut(context, subscriber))) return;
    const wanted = subscriber && (await stores.accounts.wanted(id));
    if (!wanted) {
      const { account, lockedOut } = stores.keys;
      if (subscriber?.state !== 'pending') return stores.due.settle('account', id, [account(id), lockedOut(id)]);
      // Nobody waits for the answer any more: the gateway died half-way.
      if ((await stores.accounts.state(id)) === undefined) await stores.subscribers.giveUp(subscriber, now());
      return;
    }
    const provide = subscriber.state === 'pending' ? makeAccount : renew;
    try {
      const outcome = await provide(context, subscriber, wanted.password);
      if (outcome) await stores.accounts.answer(id, wanted.password, outcome, now());
    } catch (err) {
      if (!(err instanceof Denied)) throw err;
      log.error({ err, subject: id }, `the server makes no account, or gives it no password; ${advice(['accounts'])}`);
      await stores.accounts.answer(id, wanted.password, 'refused', now());
    }
  };
}

/**
 * Makes the account. An account of that name which is there already is somebody's own: `taken`.
 * Unless an earlier try of this job made it, and did not come to its end; that one is deleted first,
 * with all that is in it. Undefined when nobody waits for the account any more.
 */
export async function makeAccount(
  context: Omit<AccountContext, 'advice'>,
  { id, jid }: Subscriber,
  password: string,
): Promise<'made' | 'taken' | undefined> {
  const { stores, accounts } = context;
  if (await accounts.exists(jid)) {
    if (!(await stores.accounts.madeFor(id)).includes(jid)) return 'taken';
    await accounts.remove(jid);
  }
  if (!(await stores.accounts.noteOurs(id, jid))) return undefined;
  await keepInMind(context, id, [{ what: 'account-made', jid }]);
  try {
    await accounts.add(jid, password);
  } catch (err) {
    if (err instanceof Denied) await stores.accounts.forgetOurs(id, jid);
    throw err;
  }
  return 'made';
}

/** Sets another password for an account that Earshot has made; any other account is `taken`. */
async function renew(context: AccountContext, subscriber: Subscriber, password: string): Promise<'made' | 'taken'> {
  if (!(await context.stores.accounts.madeFor(subscriber.id)).includes(subscriber.jid)) return 'taken';
  await setPassword(context, subscriber, password);
  return 'made';
}

import { isStaying, keysOf, phoneNumberOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import { addUser, changePassword } from '../server/account-admin.ts';
import { StanzaError } from '../stream/stanza-error.ts';
import { deleteAccount, deleteMadeAccounts } from './account-removal.ts';
import type { AccountView } from './account-view.ts';

/**
 * The `account` job: makes the XMPP account that a pending subscriber waits for, gives that of an active one the password that it wants, and deletes
 * those of one who leaves. `present`: how accounts can be looked at now.
 */
export function createAccountJob(
  context: Context,
  homeHost: string,
  present: () => AccountView,
): (id: string) => Promise<void> {
  const { stores, log } = context;

  return async (id) => {
    const subscriber = await stores.subscribers.record(id);
    // Whoever waits for a password of somebody who leaves learns at once that there will be none.
    if (!isStaying(subscriber)) await stores.accounts.forget(id);
    if (subscriber?.state === 'leaving') return deleteMadeAccounts(context, homeHost, present(), subscriber);
    if (subscriber?.state !== 'pending') await stores.due.settle('account', id, []);
    const wanted = subscriber && (await stores.accounts.wanted(id));
    if (!wanted) {
      // Nobody waits for the answer any more: the gateway died half-way.
      const abandoned = subscriber?.state === 'pending' && (await stores.accounts.state(id)) === undefined;
      if (abandoned) await stores.subscribers.abandon(subscriber);
      return;
    }
    const provide = subscriber.state === 'pending' ? make : renew;
    try {
      const outcome = await provide(context, homeHost, present(), subscriber, wanted.password);
      await stores.accounts.answer(id, wanted.password, outcome);
    } catch (err) {
      if (!(err instanceof StanzaError)) throw err;
      log.error(
        { err, subject: id },
        `the server makes no account, or gives it no password; is the component in admins of ${homeHost}, with adhoc and admin_adhoc loaded?`,
      );
      await stores.accounts.answer(id, wanted.password, 'refused');
    }
  };
}

/**
 * An account that is there already is somebody's own, unless Earshot made it for somebody who never became a subscriber: that one is
 * deleted with all that is in it, so that the new owner of the number inherits nothing.
 */
async function make(
  { stores, stream }: Context,
  host: string,
  view: AccountView,
  subscriber: Subscriber,
  password: string,
): Promise<'made' | 'taken'> {
  const { id, jid, numberKey, phoneNumber } = subscriber;
  if (await view.exists(jid)) {
    const own = keysOf(subscriber).filter((key) => phoneNumberOf(subscriber, key) === phoneNumber);
    if (!(await stores.accounts.isOurs(own))) return 'taken';
    await deleteAccount(stream, host, view, jid);
  }
  await stores.accounts.noteOurs(id, jid, numberKey);
  await addUser(stream, host, jid, password);
  await view.emptyRoster(jid);
  return 'made';
}

/** Another password, for an account that Earshot has made and for no other. */
async function renew(
  { stores, stream }: Context,
  host: string,
  _view: AccountView,
  { id, jid }: Subscriber,
  password: string,
): Promise<'made' | 'taken'> {
  if (!(await stores.accounts.madeFor(id)).includes(jid)) return 'taken';
  await changePassword(stream, host, jid, password);
  return 'made';
}

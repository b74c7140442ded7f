import { Fault } from '../../domain/fault.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import { deleteUser } from '../server/account-admin.ts';
import { StanzaError } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import type { AccountView } from './account-view.ts';

/** Milliseconds until a server that would not delete an account is asked again. */
const REFUSED = 60_000;

/**
 * Deletes the accounts that Earshot made for somebody who leaves, after everything in them was undone (decision 55). A JID that is
 * another subscriber's by now is left alone.
 */
export async function deleteMadeAccounts(
  context: Context,
  host: string,
  view: AccountView,
  subscriber: Subscriber,
): Promise<void> {
  const { stores, stream, log, now } = context;
  const { id } = subscriber;
  // A job from the time when the account was made comes too early.
  if (!(await stores.due.isMarked('account', id))) return;
  try {
    for (const jid of await stores.accounts.madeFor(id)) {
      if (await stores.subscribers.holdJid(id, jid)) await deleteAccount(stream, host, view, jid);
      await stores.subscribers.dropJid(subscriber, jid);
      await stores.accounts.forgetOurs(id, jid);
    }
  } catch (err) {
    if (!(err instanceof StanzaError)) throw err;
    log.error(
      { err, subject: id },
      `the server deletes no account, and an erasure waits; is the component in admins of ${host}?`,
    );
    return stores.due.postpone('account', id, now() + REFUSED);
  }
  await stores.due.settle('account', id, [stores.keys.madeAccounts(id)]);
}

/** The account with everything in it; one that is not there is gone. @throws Fault UNAVAILABLE when it is there afterwards */
export async function deleteAccount(stream: Stream, host: string, view: AccountView, jid: string): Promise<void> {
  if (!(await view.exists(jid))) return;
  await deleteUser(stream, host, jid);
  // Prosody says that it has done its work, whether it could or not.
  if (await view.exists(jid)) throw new Fault('UNAVAILABLE', 'The XMPP server has not deleted an account.');
}

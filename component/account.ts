import { keysOf, phoneNumberOf, type Subscriber } from '../store/subscriber-record.ts';
import { addUser } from './account-admin.ts';
import { deleteAccount, deleteMadeAccounts } from './account-removal.ts';
import type { Context } from './context.ts';
import { accountExists } from './pep.ts';
import { readRoster, removeRosterItem } from './roster-iq.ts';
import { StanzaError } from './stanza-error.ts';
import type { Stream } from './stream.ts';

/** The `account` job: makes the XMPP account that a pending subscriber waits for, and deletes those of one who leaves. */
export function createAccountJob(context: Context, homeHost: string): (id: string) => Promise<void> {
  const { stores, log } = context;

  return async (id) => {
    const subscriber = await stores.subscribers.record(id);
    if (subscriber?.state === 'leaving') return deleteMadeAccounts(context, homeHost, subscriber);
    if (subscriber?.state !== 'pending') return stores.due.settle('account', id, []);
    const wanted = await stores.accounts.wanted(id);
    if (!wanted) {
      // Nobody waits for the answer any more: the gateway died half-way.
      if ((await stores.accounts.state(id)) === undefined) await stores.subscribers.abandon(subscriber);
      return;
    }
    try {
      await stores.accounts.answer(id, await make(context, homeHost, subscriber, wanted.password));
    } catch (err) {
      if (!(err instanceof StanzaError)) throw err;
      log.error(
        { err, subject: id },
        `the server makes no account; is the component in admins of ${homeHost}, with adhoc and admin_adhoc loaded?`,
      );
      await stores.accounts.answer(id, 'refused');
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
  subscriber: Subscriber,
  password: string,
): Promise<'made' | 'taken'> {
  const { id, jid, numberKey, phoneNumber } = subscriber;
  if (await accountExists(stream, jid)) {
    const own = keysOf(subscriber).filter((key) => phoneNumberOf(subscriber, key) === phoneNumber);
    if (!(await stores.accounts.isOurs(own))) return 'taken';
    await deleteAccount(stream, host, jid);
  }
  await stores.accounts.noteOurs(id, jid, numberKey);
  await addUser(stream, host, jid, password);
  await emptyRoster(stream, jid);
  return 'made';
}

/** Prosody 0.12 keeps the roster of an account that was deleted in memory, and gives it to the next of that name. */
async function emptyRoster(stream: Stream, jid: string): Promise<void> {
  for (const item of (await readRoster(stream, jid)).keys()) await removeRosterItem(stream, jid, item);
}

import type { Subscriber } from '../store/subscriber-record.ts';
import { addUser, changePassword } from './account-admin.ts';
import type { Context } from './context.ts';
import { accountExists } from './pep.ts';
import { StanzaError } from './stanza-error.ts';

/** The `account` job: makes the XMPP account that a pending subscriber waits for. */
export function createAccountJob(context: Context, homeHost: string): (id: string) => Promise<void> {
  const { stores, log } = context;

  return async (id) => {
    const subscriber = await stores.subscribers.record(id);
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
        { err, subscriberId: id },
        `the server makes no account; is the component in admins of ${homeHost}, with adhoc and admin_adhoc loaded?`,
      );
      await stores.accounts.answer(id, 'refused');
    }
  };
}

/** An account that is there already gets a new password only if it was Earshot that made it. */
async function make(
  { stores, stream }: Context,
  host: string,
  { jid, numberKey }: Subscriber,
  password: string,
): Promise<'made' | 'taken'> {
  if (await accountExists(stream, jid)) {
    if (!(await stores.accounts.isOurs(numberKey))) return 'taken';
    await changePassword(stream, host, jid, password);
    return 'made';
  }
  await stores.accounts.noteOurs(numberKey);
  await addUser(stream, host, jid, password);
  return 'made';
}

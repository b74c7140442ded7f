import type { Stores } from '../../store/stores.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { With } from '../context.ts';
import { Denied } from '../stream/denied.ts';

/** Milliseconds until a server that would not delete an account is asked again. */
const REFUSED = 60_000;

/** Milliseconds until somebody who waits for an account of that name has become a subscriber, or was told that it is taken. */
const HELD = 1_000;

/**
 * Deletes the accounts that Earshot made for somebody who leaves, after everything in them was undone (decision 55). A JID that is
 * another active subscriber's by now is left alone.
 */
export async function deleteMadeAccounts(context: With<'accounts' | 'advice'>, subscriber: Subscriber): Promise<void> {
  const { stores, accounts, advice, log, now } = context;
  const { id } = subscriber;
  // A job from the time when the account was made comes too early.
  if (!(await stores.due.isMarked('account', id))) return;
  try {
    for (const jid of await stores.accounts.madeFor(id)) {
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
  await stores.due.settle('account', id, [stores.keys.madeAccounts(id)]);
}

async function isOnlyWanted({ subscribers }: Stores, jid: string): Promise<boolean> {
  const owner = await subscribers.idOfJid(jid);
  return owner !== undefined && (await subscribers.record(owner))?.state === 'pending';
}

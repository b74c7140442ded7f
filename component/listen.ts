import type { Context } from './context.ts';
import { accountExists } from './pep.ts';
import { isCondition } from './stanza-error.ts';
import { subscribeToTunes, unsubscribeFromTunes } from './tune-subscription.ts';

/** Milliseconds until a subscriber without an account on the server is looked at again. */
const NO_ACCOUNT = 60_000;

/**
 * The `listen` job: makes the server send the component what the subscriber's own clients play, once for each account, and no longer when the
 * subscriber has left it. `domain`: the component's.
 */
export function createListenJob(context: Context, domain: string): (id: string) => Promise<void> {
  const { stores, stream, now } = context;

  return async (id) => {
    const subscriber = await stores.subscribers.record(id);
    if (subscriber?.state === 'pending') return;
    const wanted = subscriber?.state === 'active' ? subscriber.jid : undefined;
    const before = await stores.listening.on(id);
    if (before !== undefined && before !== wanted && (await accountExists(stream, before)))
      await unsubscribeFromTunes(stream, before, domain);
    if (wanted !== undefined) {
      await stores.listening.begin(id, wanted);
      if (!(await subscribe(context, wanted, domain))) return stores.due.postpone('listen', id, now() + NO_ACCOUNT);
    }
    await stores.listening.settle(id, subscriber, wanted !== undefined);
  };
}

/** False when there is no such account. */
async function subscribe({ stream }: Context, jid: string, domain: string): Promise<boolean> {
  try {
    await subscribeToTunes(stream, jid, domain);
    return true;
  } catch (err) {
    if (!isCondition(err, 'forbidden') || (await accountExists(stream, jid))) throw err;
    return false;
  }
}

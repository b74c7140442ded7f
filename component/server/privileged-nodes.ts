import { isCondition } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { TUNE } from '../stream/tune-namespace.ts';
import { xml } from '../stream/xml.ts';
import { PUBSUB } from './node-owner.ts';
import { privilegedIq } from './privileged-iq.ts';
import { NoAccount, type NodeAbility } from './server.ts';
import { createUserNodes } from './user-nodes.ts';

/** By the rights of XEP-0356 to `pubsub` and `pubsub#owner`, on a server that lets nobody speak for a user that it does not have. `component`: its domain. */
export function createPrivilegedNodes(stream: Stream, component: string): NodeAbility {
  const exists = (jid: string) => accountExists(stream, jid);
  return createUserNodes(privilegedIq(stream), component, {
    bySubscription: false,
    exists,
    async ofAccount(jid, work) {
      try {
        await work();
      } catch (err) {
        if (!isCondition(err, 'forbidden') || (await exists(jid))) throw err;
        throw new NoAccount();
      }
    },
  });
}

/** Whether the account exists: the server lets nobody speak for a user that it does not have. Any node shows it. */
export async function accountExists(stream: Stream, jid: string): Promise<boolean> {
  try {
    await privilegedIq(stream)(jid, 'get', xml('pubsub', { xmlns: PUBSUB }, xml('items', { node: TUNE })));
    return true;
  } catch (err) {
    if (isCondition(err, 'forbidden')) return false;
    // Without mod_pep there is nothing to ask.
    if (isCondition(err, 'item-not-found', 'service-unavailable')) return true;
    throw err;
  }
}

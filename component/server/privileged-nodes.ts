import { isCondition } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { TUNE } from '../stream/tune-namespace.ts';
import { xml } from '../stream/xml.ts';
import { PUBSUB } from './node-owner.ts';
import type { Exists } from './own-account.ts';
import { privilegedIq } from './privileged-iq.ts';
import { type KeepAbility, NoAccount, type NodeAbility } from './server.ts';
import { createUserKeeps, createUserNodes, type NodeWays, PRIVATE, ROOM } from './user-nodes.ts';

/** By the rights of XEP-0356 to `pubsub` and `pubsub#owner`, on a server that lets nobody speak for a user that it does not have. `component`: its domain. */
export function createPrivilegedNodes(stream: Stream, component: string, exists: Exists): NodeAbility {
  return createUserNodes(privilegedIq(stream), component, waysOf(exists));
}

/** Private nodes by the same rights. */
export function createPrivilegedKeeps(stream: Stream, exists: Exists): KeepAbility {
  return createUserKeeps(privilegedIq(stream), waysOf(exists), { ...PRIVATE, ...ROOM });
}

function waysOf(exists: Exists): NodeWays {
  return {
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
  };
}

/** Whether the server says that the account exists: it lets nobody speak for a user that it does not have. Any node shows it. */
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

import { isCondition } from '../../stream/stanza-error.ts';
import type { Stream } from '../../stream/stream.ts';
import { type Element, xml } from '../../stream/xml.ts';
import { createNode, creation } from '../node-owner.ts';
import type { UserIq } from '../privileged-iq.ts';
import { type KeepAbility, NoAccount } from '../server.ts';
import { createUserKeeps, PRIVATE, ROOM } from '../user-nodes.ts';
import type { KnownAccounts } from './known-accounts.ts';
import { sendAs, takePart } from './spoken-owner.ts';

/** Of such a node. ejabberd subscribes its user, whose clients would be sent each item though none of them wants it. */
const OPTIONS = { ...PRIVATE, ...ROOM, deliver_notifications: '0' };
/** Nodes that are remembered as made. */
const MOST_MADE = 100_000;
/** What is answered where the component owns the node no more. */
const NO_OWNER = ['forbidden', 'not-allowed'];

/** Private nodes by the rights of XEP-0356. Made before the first item comes: with that one ejabberd would make a node that holds one. */
export function createWrappedKeeps(stream: Stream, ask: UserIq, known: KnownAccounts): KeepAbility {
  const keeps = keepsOfAccounts(ask, known);
  const made = new Set<string>();
  stream.onOffline(() => made.clear());

  return {
    ...keeps,
    async put(jid, node, id, payload) {
      const place = `${jid} ${node}`;
      if (!made.has(place)) {
        if (!(await known.exist(jid))) throw new NoAccount();
        await unlessGone(known, jid, () => createNode(ask, { jid, node }, creation(node, OPTIONS)));
        made.add(place);
        for (const oldest of made) if (made.size > MOST_MADE) made.delete(oldest);
      }
      await keeps.put(jid, node, id, payload);
    },
    async drop(jid, node) {
      made.delete(`${jid} ${node}`);
      return keeps.drop(jid, node);
    },
  };
}

/**
 * On ejabberd 23, which grants no IQs in users' names: the component makes the node as the user and itself an owner of it.
 * From then on it writes, reads and deletes in its own name, and is answered. Nobody else publishes there.
 */
export function createSpokenKeeps(stream: Stream, component: string, known: KnownAccounts): KeepAbility {
  const ask: UserIq = async (jid, type, child) => {
    const request = () => stream.request(xml('iq', { type, to: jid }, child));
    try {
      return await request();
    } catch (err) {
      if (!isCondition(err, ...NO_OWNER)) throw err;
      await takePart(stream, { jid, node: nodeIn(child) }, component);
      return request();
    }
  };
  const keeps = keepsOfAccounts(ask, known);

  return {
    ...keeps,
    async put(jid, node, id, payload) {
      try {
        await keeps.put(jid, node, id, payload);
      } catch (err) {
        if (!isCondition(err, 'item-not-found')) throw err;
        await sendAs(stream, jid, creation(node, OPTIONS));
        await takePart(stream, { jid, node }, component);
        await keeps.put(jid, node, id, payload);
      }
    },
  };
}

/** ejabberd would also write into accounts that it does not have; what came into one while it was deleted goes again. */
function keepsOfAccounts(ask: UserIq, known: KnownAccounts): KeepAbility {
  const keeps = createUserKeeps(
    ask,
    {
      async ofAccount(jid, work) {
        if (!(await known.exist(jid))) throw new NoAccount();
        await work();
      },
    },
    PRIVATE,
  );
  return {
    ...keeps,
    async put(jid, node, id, payload) {
      await unlessGone(known, jid, () => keeps.put(jid, node, id, payload));
      if (await known.exist(jid)) return;
      await keeps.drop(jid, node);
      throw new NoAccount();
    },
  };
}

/** Where an account goes meanwhile, ejabberd refuses as if only the node were not there. @throws NoAccount */
async function unlessGone(known: KnownAccounts, jid: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (err) {
    throw (await known.exist(jid)) ? err : new NoAccount();
  }
}

/** Of what is asked of one node. */
function nodeIn(child: Element): string {
  return child.getChildElements()[0]?.attrs.node ?? '';
}

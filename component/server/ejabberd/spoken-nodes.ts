import { isCondition } from '../../stream/stanza-error.ts';
import type { Stream } from '../../stream/stream.ts';
import { contentOf, type Element, xml } from '../../stream/xml.ts';
import { configureNode, endSubscription, type Place, PUBSUB, setSubscription, TO_EVERYBODY } from '../node-owner.ts';
import type { UserIq } from '../privileged-iq.ts';
import { NoAccount, type NodeAbility } from '../server.ts';
import { createUserNodes, ITEM } from '../user-nodes.ts';
import type { KnownAccounts } from './known-accounts.ts';
import { createSeenItems } from './seen-items.ts';
import { LOST, ownership, sendAs, takePart } from './spoken-owner.ts';

/** Nodes that are remembered as prepared. */
const MOST_PREPARED = 100_000;
/** Times that the component may have been made an owner of a node, each of which ejabberd has noted. */
const MOST_OWNED = 1_000;

/**
 * On ejabberd 23, which grants no IQs in users' names. The component may send as its users
 * (`check_from: false`), and is never answered then. So it makes itself, where it is not, an owner
 * of the node, and once for each connection its subscriber; what an owner does it then does in its own
 * name, and is answered. It publishes as the user, because nobody else may replace the item, and
 * believes it when the event comes back. Nobody but contacts may read an open node: of what it
 * holds is known what was seen since.
 */
export function createSpokenNodes(stream: Stream, component: string, known: KnownAccounts): NodeAbility {
  const ask: UserIq = async (jid, type, child) => {
    // Only the user may make it, which was done when it was prepared.
    if (child.getChild('create')) return child;
    return stream.request(xml('iq', { type, to: jid }, child));
  };
  const prepared = new Set<string>();
  /** Those that are just being prepared: what they hold comes with it. */
  const beginning = new Map<string, number>();
  const seen = createSeenItems(stream, (jid, node) => isFollowed(`${jid} ${node}`));
  stream.onOffline(() => prepared.clear());

  function isFollowed(key: string): boolean {
    return prepared.has(key) || beginning.has(key);
  }

  function begin(key: string, change: 1 | -1): void {
    const count = (beginning.get(key) ?? 0) + change;
    if (count > 0) beginning.set(key, count);
    else beginning.delete(key);
  }

  /** As an owner. */
  async function follow(place: Place): Promise<void> {
    await configureNode(ask, place, TO_EVERYBODY);
    await setSubscription(ask, place, component, 'subscribed');
  }

  /** Leaves nothing of the component in the node. ejabberd keeps an owner as many times as it was made one. */
  async function giveBack(place: Place): Promise<void> {
    const { jid, node } = place;
    prepared.delete(`${jid} ${node}`);
    try {
      // Which a node that is open keeps of one that is no owner any more.
      await endSubscription(ask, place, component);
      for (let n = 0; n < MOST_OWNED; n += 1) await ask(jid, 'set', ownership(node, component, 'none'));
    } catch (err) {
      if (!isCondition(err, ...LOST)) throw err;
    }
  }

  async function prepare(place: Place): Promise<void> {
    const { jid, node } = place;
    if (!(await known.exist(jid))) throw new NoAccount();
    const key = `${jid} ${node}`;
    if (prepared.has(key)) return;
    begin(key, 1);
    try {
      await followAsOwner(place);
      prepared.add(key);
    } finally {
      begin(key, -1);
    }
    for (const oldest of prepared) if (prepared.size > MOST_PREPARED) prepared.delete(oldest);
  }

  async function followAsOwner(place: Place): Promise<void> {
    const { jid, node } = place;
    try {
      await follow(place);
    } catch (err) {
      if (!isCondition(err, ...LOST)) throw err;
      await sendAs(stream, jid, xml('pubsub', { xmlns: PUBSUB }, xml('create', { node })));
      await takePart(stream, place, component);
      await follow(place);
    }
  }

  /** Does something in the node, once more where it was taken from the component meanwhile. */
  async function inNode(place: Place, work: () => Promise<void>): Promise<void> {
    await prepare(place);
    try {
      await work();
    } catch (err) {
      if (!isCondition(err, ...LOST)) throw err;
      prepared.delete(`${place.jid} ${place.node}`);
      await prepare(place);
      await work();
    }
  }

  async function publish(place: Place, payload: Element): Promise<void> {
    const { jid, node } = place;
    for (let last = false; ; last = true) {
      await prepare(place);
      const back = seen.next(jid, node, contentOf(payload));
      const item = xml('item', { id: ITEM }, payload);
      await sendAs(stream, jid, xml('pubsub', { xmlns: PUBSUB }, xml('publish', { node }, item)));
      try {
        return await back;
      } catch (err) {
        if (last) throw err;
        prepared.delete(`${jid} ${node}`);
      }
    }
  }

  const nodes = createUserNodes(ask, component, {
    bySubscription: true,
    exists: known.exist,
    ofAccount: async (_, work) => void (await work()),
  });
  return {
    ...nodes,
    forgetsItems: true,
    publish: (jid, node, payload) => publish({ jid, node }, payload),
    item: async (jid, node, id) => (await nodes.item(jid, node, id)) ?? seen.last(jid, node, id),
    setAccess: (jid, node, changes) => inNode({ jid, node }, () => nodes.setAccess(jid, node, changes)),
    listen: (jid, node) => prepare({ jid, node }),
    async unlisten(jid, node) {
      if (!(await known.exist(jid))) return;
      const place = { jid, node };
      await inNode(place, () => endSubscription(ask, place, component));
      await giveBack(place);
    },
    async release(jid, node) {
      if (prepared.has(`${jid} ${node}`)) await giveBack({ jid, node });
    },
  };
}

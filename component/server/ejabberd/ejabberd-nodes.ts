import { elapsed } from '../../../runtime/elapsed.ts';
import type { Stream } from '../../stream/stream.ts';
import { type Element, xml } from '../../stream/xml.ts';
import type { UserIq } from '../privileged-iq.ts';
import { readRoster } from '../roster-iq.ts';
import { NoAccount, type NodeAbility, type Snapshot } from '../server.ts';
import { createUserNodes, ITEM } from '../user-nodes.ts';
import { createArrivals } from './arrivals.ts';
import type { KnownAccounts } from './known-accounts.ts';

/** Namespace of the events of nodes (XEP-0060, section 7.1.2). */
export const EVENT = 'http://jabber.org/protocol/pubsub#event';

/** By the rights of XEP-0356 to `pubsub` and `pubsub#owner`. `component`: its domain. */
export function createWrappedNodes(ask: UserIq, component: string, known: KnownAccounts): NodeAbility {
  return createUserNodes(ask, component, {
    bySubscription: true,
    exists: known.exist,
    async ofAccount(jid, work) {
      if (!(await known.exist(jid))) throw new NoAccount();
      await work();
    },
  });
}

/**
 * The same nodes. ejabberd sends contacts nothing of a user
 * without a client, neither when something is published nor when a contact appears; and when
 * a member of a closed node appears, nothing that a client would take for the user's. So the
 * component sends these events (XEP-0163, section 4.3.1) in the user's name. It does so as well for
 * whoever has just come: ejabberd does not know then who of the contacts is online.
 */
export function withEvents(nodes: NodeAbility, stream: Stream, { clients }: Snapshot): NodeAbility {
  const arrivals = createArrivals(stream, elapsed);
  /** What is about to be shown; `overtaken`: it holds something else by now, or others may see it. */
  const shows = new Set<{ place: string; overtaken: boolean }>();

  function overtake(place: string): void {
    for (const show of shows) if (show.place === place) show.overtaken = true;
  }

  async function send(jid: string, node: string, item: Element, contact: string): Promise<void> {
    const event = xml('event', { xmlns: EVENT }, xml('items', { node }, item));
    await stream.send(xml('message', { type: 'headline', from: jid, to: contact }, event));
  }

  /** Those who have subscribed to a closed node are sent it in any case. */
  async function sendToContacts(jid: string, node: string, payload: Element): Promise<void> {
    if ((await nodes.accessModel(jid, node)) !== 'presence') return;
    const item = xml('item', { id: ITEM }, payload);
    for (const contact of (await readRoster(stream, jid)).values())
      if (contact.subscription === 'from' || contact.subscription === 'both') await send(jid, node, item, contact.jid);
  }

  async function maySee(jid: string, node: string, contact: string): Promise<boolean> {
    const model = await nodes.accessModel(jid, node);
    if (model === undefined) return false;
    const affiliation = (await nodes.affiliations(jid, node)).get(contact) ?? 'none';
    if (model !== 'presence') return affiliation === 'member';
    const { subscription } = (await readRoster(stream, jid)).get(contact) ?? {};
    return affiliation !== 'outcast' && (subscription === 'from' || subscription === 'both');
  }

  return {
    ...nodes,
    async publish(jid, node, payload) {
      overtake(placeOf(jid, node));
      // Nobody tells the component of a client whose connection breaks, so it asks.
      const [online] = await Promise.all([clients(jid), nodes.publish(jid, node, payload)]);
      if (online.length === 0 || arrivals.isRecent(jid)) await sendToContacts(jid, node, payload);
    },
    setAccess(jid, node, changes) {
      overtake(placeOf(jid, node));
      return nodes.setAccess(jid, node, changes);
    },
    async showTo(jid, node, contact) {
      const show = { place: placeOf(jid, node), overtaken: true };
      shows.add(show);
      try {
        // Otherwise the contact would be told the former tune after the next one, and keep it.
        while (show.overtaken) {
          show.overtaken = false;
          const item = await nodes.item(jid, node);
          if (!item && !show.overtaken) return !nodes.forgetsItems;
          const may = item && (await maySee(jid, node, contact));
          if (may && !show.overtaken) await send(jid, node, item, contact);
        }
        return true;
      } finally {
        shows.delete(show);
      }
    },
  };
}

function placeOf(jid: string, node: string): string {
  return `${jid} ${node}`;
}

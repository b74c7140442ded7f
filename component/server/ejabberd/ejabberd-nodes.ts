import { bareOf } from '../../../domain/account/jid.ts';
import type { Stream } from '../../stream/stream.ts';
import { type Element, xml } from '../../stream/xml.ts';
import type { UserIq } from '../privileged-iq.ts';
import { readRoster } from '../roster-iq.ts';
import { NoAccount, type NodeAbility } from '../server.ts';
import { createUserNodes, ITEM } from '../user-nodes.ts';
import type { KnownAccounts } from './known-accounts.ts';
import { createMoments } from './moments.ts';
import type { IsOnline } from './online.ts';

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
 * whoever comes in the moments before and after: ejabberd does not know then who of the contacts is online.
 * `isOnline`: whether ejabberd sends them; `now`: milliseconds; `failed`: hears why somebody who came was not sent again.
 */
export function withEvents(
  nodes: NodeAbility,
  stream: Stream,
  isOnline: IsOnline,
  now: () => number,
  failed: (err: unknown) => void,
): NodeAbility {
  const arrived = createMoments<true>(now);
  /** The node of whoever has published by a client, as ejabberd sends it then. */
  const published = createMoments<string>(now);
  /** What is about to be shown. */
  const shows = new Set<Show>();
  /** Changes of who may see a node that are under way. */
  const changes = new Set<{ place: string; done: Promise<unknown> }>();

  function overtake(jid: string, node: string, by: 'access' | 'item'): void {
    published.forget(jid);
    const place = placeOf(jid, node);
    for (const show of shows) if (show.place === place && show.overtaken !== 'item') show.overtaken = by;
  }

  /** Who may see it is not half changed then. */
  async function decided(place: string): Promise<void> {
    const ours = [...changes].filter((change) => change.place === place);
    await Promise.allSettled(ours.map(({ done }) => done));
  }

  async function showing<Result>(jid: string, node: string, work: (show: Show) => Promise<Result>): Promise<Result> {
    const show: Show = { place: placeOf(jid, node), overtaken: undefined };
    shows.add(show);
    try {
      return await work(show);
    } finally {
      shows.delete(show);
    }
  }

  async function send(jid: string, node: string, item: Element, contact: string): Promise<void> {
    const event = xml('event', { xmlns: EVENT }, xml('items', { node }, item));
    await stream.send(xml('message', { type: 'headline', from: jid, to: contact }, event));
  }

  /**
   * Those who have subscribed to a closed node are sent it in any case. `payload`: left out for what the node holds. Again where others may see it
   * meanwhile; what is published meanwhile is sent by whoever publishes it.
   */
  async function sendToContacts(jid: string, node: string, payload?: Element): Promise<void> {
    await showing(jid, node, async (show) => {
      do {
        if (isOvertakenBy(show, 'access')) show.overtaken = undefined;
        await decided(show.place);
        await sendOnce(show, jid, node, payload);
      } while (isOvertakenBy(show, 'access'));
    });
  }

  async function sendOnce(show: Show, jid: string, node: string, payload: Element | undefined): Promise<void> {
    if ((await nodes.accessModel(jid, node)) !== 'presence') return;
    const roster = await readRoster(stream, jid);
    const item = payload ? xml('item', { id: ITEM }, payload) : await nodes.item(jid, node);
    if (!item) return;
    for (const contact of roster.values())
      if (!show.overtaken && (contact.subscription === 'from' || contact.subscription === 'both'))
        await send(jid, node, item, contact.jid);
  }

  async function maySee(jid: string, node: string, contact: string): Promise<boolean> {
    const model = await nodes.accessModel(jid, node);
    if (model === undefined) return false;
    const affiliation = (await nodes.affiliations(jid, node)).get(contact) ?? 'none';
    if (model !== 'presence') return affiliation === 'member';
    const { subscription } = (await readRoster(stream, jid)).get(contact) ?? {};
    return affiliation !== 'outcast' && (subscription === 'from' || subscription === 'both');
  }

  stream.onStanza(({ name, attrs }) => {
    if (name !== 'presence' || attrs.type !== undefined) return;
    const jid = bareOf(attrs.from ?? '');
    arrived.note(jid, true);
    const node = published.of(jid);
    published.forget(jid);
    // What it holds: the user’s own client may have published, too.
    if (node !== undefined) sendToContacts(jid, node).catch(failed);
  });

  return {
    ...nodes,
    async publish(jid, node, payload) {
      overtake(jid, node, 'item');
      // Nobody tells the component of a client whose connection breaks, so it asks.
      const [online] = await Promise.all([isOnline(jid), nodes.publish(jid, node, payload)]);
      if (!online || arrived.of(jid)) await sendToContacts(jid, node, payload);
      else published.note(jid, node);
    },
    async setAccess(jid, node, fields) {
      overtake(jid, node, 'access');
      const change = { place: placeOf(jid, node), done: nodes.setAccess(jid, node, fields) };
      changes.add(change);
      try {
        await change.done;
      } finally {
        changes.delete(change);
      }
    },
    showTo: (jid, node, contact) =>
      showing(jid, node, async (show) => {
        // Otherwise the contact would be told the former tune after the next one, and keep it.
        do {
          show.overtaken = undefined;
          await decided(show.place);
          const item = await nodes.item(jid, node);
          if (!item && !show.overtaken) return !nodes.forgetsItems;
          const may = item && (await maySee(jid, node, contact));
          if (may && !show.overtaken) await send(jid, node, item, contact);
        } while (show.overtaken);
        return true;
      }),
  };
}

/** Something that is about to be sent. `overtaken`: by what it holds now, or by who may see it. */
type Show = { place: string; overtaken: 'item' | 'access' | undefined };

function isOvertakenBy({ overtaken }: Show, what: Show['overtaken']): boolean {
  return overtaken === what;
}

function placeOf(jid: string, node: string): string {
  return `${jid} ${node}`;
}

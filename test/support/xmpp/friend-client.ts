import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import { expect } from 'chai';
import { bareOf } from '../../../domain/account/jid.ts';
import type { RosterItem } from '../../../domain/friendship/roster.ts';
import { eventually } from '../eventually.ts';
import { startPatiently } from './patient-start.ts';
import { type ClientPlace, xmppClient } from './xmpp-client.ts';

const TUNE = 'http://jabber.org/protocol/tune';
const PUBSUB = 'http://jabber.org/protocol/pubsub';
const EVENT = 'http://jabber.org/protocol/pubsub#event';
const CAPS = 'http://jabber.org/protocol/caps';
const DISCO = 'http://jabber.org/protocol/disco#info';
const ROSTERX = 'http://jabber.org/protocol/rosterx';
/** ejabberd names the lack before the condition, and the library takes what comes first. */
const NOT_OFFERED = ['feature-not-implemented', 'unsupported'];
const FEATURES = [DISCO, `${TUNE}+notify`];

/** A tune as it arrived: `undefined` texts where the element was absent, and `{}` for "stopped". */
export type SeenTune = { from: string; tune: Record<string, string> };

/** A roster item that somebody suggests (XEP-0144). */
export type SeenSuggestion = { from: string; action: string; jid: string; name: string; groups: string[] };

export type FriendClient = Awaited<ReturnType<typeof connectFriend>>;

/** A plain XMPP client that shows user tunes: it announces `tune+notify` (XEP-0115, XEP-0163) and keeps what it hears. `suggestible`: it also announces that it takes suggestions (XEP-0144). */
export async function connectFriend(
  server: ClientPlace,
  person: { jid: string; password: string },
  status?: string,
  resource = 'test',
  suggestible = false,
) {
  const features = suggestible ? [...FEATURES, ROSTERX] : FEATURES;
  const xmpp = xmppClient(server, person, resource);
  const tunes: SeenTune[] = [];
  const presences: { from: string; type: string }[] = [];
  const messages: string[] = [];
  /** JIDs of roster items that the server has told of, as they came to be or changed. */
  const pushes: string[] = [];
  const suggestions: SeenSuggestion[] = [];
  const welcome = new Set<string>();
  xmpp.on('error', () => {});
  // xmpp.js decodes each chunk by itself and would break a character that two chunks share.
  xmpp.on('connect', () => (xmpp.socket as unknown as Socket | null)?.setEncoding('utf8'));
  xmpp.iqCallee.get(DISCO, 'query', () =>
    xml('query', { xmlns: DISCO }, identity(), ...features.map((feature) => xml('feature', { var: feature }))),
  );
  xmpp.iqCallee.set('jabber:iq:roster', 'query', ({ element }: { element: Element }) => {
    for (const { attrs } of element.getChildren('item'))
      if (attrs.subscription !== 'remove') pushes.push(attrs.jid ?? '');
    return true;
  });
  xmpp.on('stanza', (stanza: Element) => {
    if (stanza.is('presence') && stanza.attrs.type === 'subscribe' && welcome.has(stanza.attrs.from ?? ''))
      void xmpp.send(xml('presence', { to: stanza.attrs.from ?? '', type: 'subscribed' }));
    if (stanza.is('presence'))
      presences.push({ from: stanza.attrs.from ?? '', type: stanza.attrs.type ?? 'available' });
    const tune = stanza.getChild('event', EVENT)?.getChild('items')?.getChild('item')?.getChild('tune', TUNE);
    const body = stanza.is('message') && stanza.getChildText('body');
    if (body) messages.push(body);
    for (const item of stanza.getChild('x', ROSTERX)?.getChildren('item') ?? [])
      suggestions.push(toSuggestion(stanza.attrs.from ?? '', item));
    if (stanza.is('message') && tune) tunes.push({ from: stanza.attrs.from ?? '', tune: textsOf(tune) });
  });
  const caps = xml('c', {
    xmlns: CAPS,
    hash: 'sha-1',
    node: 'https://earshot.invalid/test',
    ver: verification(features),
  });
  const presence = xml('presence', {}, caps, ...(status ? [xml('status', {}, status)] : []));
  // Also after each reconnection, as any client does.
  xmpp.on('online', () => void xmpp.send(presence));
  await startPatiently(xmpp);

  async function roster(): Promise<RosterItem[]> {
    const query = await xmpp.iqCaller.get(xml('query', { xmlns: 'jabber:iq:roster' }));
    return (query?.getChildren('item') ?? []).map((item: Element) => ({
      jid: item.attrs.jid,
      subscription: item.attrs.subscription,
      name: item.attrs.name ?? '',
      groups: item
        .getChildren('group')
        .map((group) => group.text())
        .sort(),
    })) as RosterItem[];
  }

  /** What the node's owner is told: JIDs. */
  async function tuneList(list: string, entry: string): Promise<string[]> {
    const answer = await xmpp.iqCaller.get(xml('pubsub', { xmlns: `${PUBSUB}#owner` }, xml(list, { node: TUNE })));
    return (answer?.getChild(list)?.getChildren(entry) ?? []).map(({ attrs }: Element) => attrs.jid ?? '');
  }

  /** Whom the node knows by name (XEP-0060, section 8.9.1): members, outcasts, its owner. */
  const tuneMembers = () => tuneList('affiliations', 'affiliation');

  /** None on ejabberd, whose nodes of users do not tell their owners who has subscribed (section 8.8.1). */
  async function tuneSubscribers(): Promise<string[]> {
    try {
      return await tuneList('subscriptions', 'subscription');
    } catch (err) {
      if (NOT_OFFERED.includes(String((err as { condition?: string }).condition))) return [];
      throw err;
    }
  }

  return {
    /** For what is not a friend's business here. */
    xmpp,
    tunes,
    presences,
    messages,
    pushes,
    suggestions,
    roster,
    async say(to: string, text: string): Promise<void> {
      await xmpp.send(xml('message', { to, type: 'chat' }, xml('body', {}, text)));
    },
    /** What the user does in a client: add or change an item. */
    async setItem(item: { jid: string; name?: string; groups?: string[]; subscription?: string }): Promise<void> {
      const { groups = [], ...attrs } = item;
      await xmpp.iqCaller.set(
        xml(
          'query',
          { xmlns: 'jabber:iq:roster' },
          xml('item', attrs, ...groups.map((group) => xml('group', {}, group))),
        ),
      );
    },
    /** What two users do who become contacts by themselves, each in a client of their own (RFC 6121, section 3). */
    async befriend(jid: string): Promise<void> {
      welcome.add(jid);
      for (const type of ['subscribe', 'subscribed']) await xmpp.send(xml('presence', { to: jid, type }));
    },
    /** The item of that JID, once `check` accepts it. */
    async item(jid: string, check: (item: RosterItem | undefined) => void): Promise<void> {
      await eventually(async () => check((await roster()).find((item) => item.jid === jid)));
    },
    /** Another presence: what stands in it beside what the client can do. */
    async appear(children: Record<string, string>): Promise<void> {
      const elements = Object.entries(children).map(([name, text]) => xml(name, {}, text));
      await xmpp.send(xml('presence', {}, caps, ...elements));
    },
    /** A presence that announces the vCard's photo by its digest (XEP-0153). */
    async announce(digest: string): Promise<void> {
      await xmpp.send(xml('presence', {}, caps, xml('x', { xmlns: 'vcard-temp:x:update' }, xml('photo', {}, digest))));
    },
    /** A request to the user's own account. */
    async set(child: Element): Promise<void> {
      await xmpp.iqCaller.set(child);
    },
    /** What the user's own client publishes when it notices a player, or that it stopped (`{}`). `patience`: milliseconds for the server's answer. */
    async plays(tune: Record<string, string>, patience?: number): Promise<void> {
      const children = Object.entries(tune).map(([name, text]) => xml(name, {}, text));
      const item = xml('item', { id: 'current' }, xml('tune', { xmlns: TUNE }, ...children));
      const publish = xml('pubsub', { xmlns: PUBSUB }, xml('publish', { node: TUNE }, item));
      await xmpp.iqCaller.set(publish, undefined, patience);
    },
    /** Who may see the node: `presence`, `whitelist` … (XEP-0060, section 8.2). */
    async tuneAccess(): Promise<string> {
      const answer = await xmpp.iqCaller.get(
        xml('pubsub', { xmlns: `${PUBSUB}#owner` }, xml('configure', { node: TUNE })),
      );
      const fields = answer?.getChild('configure')?.getChild('x', 'jabber:x:data')?.getChildren('field') ?? [];
      return fields.find(({ attrs }: Element) => attrs.var === 'pubsub#access_model')?.getChildText('value') ?? '';
    },
    tuneMembers,
    /** Who else has to do with the user's tune: members and owners of its node, and its subscribers where these are told. */
    async tuneListeners(): Promise<string[]> {
      const jids = new Set([...(await tuneMembers()), ...(await tuneSubscribers())]);
      jids.delete(person.jid);
      return [...jids];
    },
    /** The user ends the subscription of somebody else (section 8.8.2). */
    async endSubscription(of: string): Promise<void> {
      const subscription = xml('subscription', { jid: of, subscription: 'none' });
      await xmpp.iqCaller.set(
        xml('pubsub', { xmlns: `${PUBSUB}#owner` }, xml('subscriptions', { node: TUNE }, subscription)),
      );
    },
    /** Waits until the last tune heard from that JID is this one; `undefined`: stopped. */
    async hears(jid: string, title: string | undefined): Promise<void> {
      const of = (all: { from: string }[]) => JSON.stringify(all.filter(({ from }) => bareOf(from) === jid).slice(-5));
      await eventually(() => {
        const last = tunes.filter((seen) => seen.from === jid).at(-1)?.tune;
        if (last !== undefined && last.title === title) return;
        // Whether the server knows that this client wants it can be told by the presences alone.
        expect.fail(`${title} is not the last tune of ${jid}: ${of(tunes)}; its presences: ${of(presences)}`);
      });
    },
    /** Waits until what the server has had for this client until now is here; its first answers may ask what the client can do. */
    async caughtUp(): Promise<void> {
      for (let n = 0; n < 3; n += 1) await roster();
    },
    async leave(): Promise<void> {
      await xmpp.stop();
    },
  };
}

/** Whether the server takes the password. */
export async function letsIn(server: ClientPlace, person: { jid: string; password: string }): Promise<boolean> {
  const xmpp = xmppClient(server, person);
  xmpp.reconnect.stop();
  xmpp.on('error', () => {});
  const online = await startPatiently(xmpp).then(
    () => true,
    () => false,
  );
  await xmpp.disconnect().catch(() => {});
  return online;
}

function identity() {
  return xml('identity', { category: 'client', type: 'pc', name: 'test' });
}

/** XEP-0115, section 5.1. */
function verification(features: readonly string[]): string {
  return createHash('sha1')
    .update(`client/pc//test<${[...features].sort().join('<')}<`)
    .digest('base64');
}

function toSuggestion(from: string, item: Element): SeenSuggestion {
  const { action = 'add', jid = '', name = '' } = item.attrs;
  return { from, action, jid, name, groups: item.getChildren('group').map((group) => group.text()) };
}

function textsOf(tune: Element): Record<string, string> {
  return Object.fromEntries(tune.getChildElements().map((child) => [child.name, child.text()]));
}

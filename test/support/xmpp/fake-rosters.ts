import type { Element } from '@xmpp/xml';
import type { FakeServer } from './fake-server.ts';

const ROSTER = 'jabber:iq:roster';
const PRIVILEGE = 'urn:xmpp:privilege:2';
const MODEL = 'pubsub#access_model';

export type FakeRosters = {
  /** The subscription that a set of this one is stored with; undefined: nothing is stored. */
  store: (subscription: string) => string | undefined;
  /** Whose account answers nothing at all. */
  silent: Set<string>;
  /** Subscriptions in a user's roster by JID. */
  of(jid: string): Map<string, string>;
  /** How many requests have come in for that account. */
  asked(jid: string): number;
};

/** Lets a fake server answer as one with accounts does: it keeps rosters, in its own way, and what is done with a node in a user's name. */
export function keepRosters(server: FakeServer): FakeRosters {
  const rosters = new Map<string, Map<string, string>>();
  const requests = new Map<string, number>();
  const nodes = new Map<string, FakeNode>();
  const fake: FakeRosters = {
    store: (subscription) => subscription,
    silent: new Set(),
    of(jid) {
      const roster = rosters.get(jid) ?? new Map<string, string>();
      rosters.set(jid, roster);
      return roster;
    },
    asked: (jid) => requests.get(jid) ?? 0,
  };

  function write({ attrs }: Element, roster: Map<string, string>): void {
    const { jid = '', subscription = 'none' } = attrs;
    const stored = subscription === 'remove' ? undefined : fake.store(subscription);
    if (stored === undefined) roster.delete(jid);
    else roster.set(jid, stored);
  }

  /** Of that account the node that the request is about. */
  function nodeOf(jid: string, stanza: Element): FakeNode {
    const place = `${jid} ${/ node=.([^"']*)/.exec(`${stanza}`)?.[1]}`;
    const node = nodes.get(place) ?? { item: '', model: 'presence', affiliations: new Map() };
    nodes.set(place, node);
    return node;
  }

  server.onStanza((stanza) => {
    const { type, to = '', id } = stanza.attrs;
    if (stanza.name !== 'iq' || (type !== 'get' && type !== 'set')) return;
    requests.set(to, fake.asked(to) + 1);
    if (fake.silent.has(to)) return;
    const query = stanza.getChild('query', ROSTER);
    const roster = fake.of(to);
    const item = query?.getChild('item');
    if (item) write(item, roster);
    const items = [...roster].map(([jid, held]) => `<item jid='${jid}' subscription='${held}'/>`).join('');
    const answer = query && !item ? `<query xmlns='${ROSTER}'>${items}</query>` : wrapped(stanza, nodeOf(to, stanza));
    server.send(`<iq type='result' id='${id}' from='${to}' to='tune.op.example'>${answer}</iq>`);
  });
  return fake;
}

/** A user's node. */
type FakeNode = { item: string; model: string; affiliations: Map<string, string> };

/** What was done in a user's name, was done. */
function wrapped(stanza: Element, node: FakeNode): string {
  const inner = stanza.getChild('privileged_iq', PRIVILEGE)?.getChild('iq');
  if (!inner) return '';
  const pubsub = inner.getChild('pubsub');
  if (pubsub && inner.attrs.type === 'set') change(pubsub, node);
  const held = pubsub && inner.attrs.type === 'get' ? heldOf(pubsub, node) : '';
  const reply = `<iq xmlns='jabber:client' type='result' id='x'>${held}</iq>`;
  return `<privilege xmlns='${PRIVILEGE}'><forwarded xmlns='urn:xmpp:forward:0'>${reply}</forwarded></privilege>`;
}

function change(pubsub: Element, node: FakeNode): void {
  node.item = `${pubsub.getChild('publish')?.getChild('item') ?? node.item}`;
  for (const { attrs } of pubsub.getChild('affiliations')?.getChildren('affiliation') ?? [])
    node.affiliations.set(`${attrs.jid}`, `${attrs.affiliation}`);
  const fields = pubsub.getChild('configure')?.getChild('x')?.getChildren('field') ?? [];
  const model = fields.find(({ attrs }: Element) => attrs.var === MODEL)?.getChildText('value');
  node.model = model ?? node.model;
}

function heldOf(pubsub: Element, { item, model, affiliations }: FakeNode): string {
  const list = [...affiliations].map(
    ([jid, affiliation]) => `<affiliation jid='${jid}' affiliation='${affiliation}'/>`,
  );
  const form = `<x xmlns='jabber:x:data'><field var='${MODEL}'><value>${model}</value></field></x>`;
  const held: Record<string, string> = {
    items: `<items>${item}</items>`,
    affiliations: `<affiliations>${list.join('')}</affiliations>`,
    configure: `<configure>${form}</configure>`,
  };
  return `<pubsub xmlns='${pubsub.getNS()}'>${held[pubsub.getChildElements()[0]?.name ?? ''] ?? ''}</pubsub>`;
}

// XEP-0030: Service Discovery, version 2.5rc3 (https://xmpp.org/extensions/xep-0030.html)

import { errorAnswer } from '../stream/error-answer.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, xml } from '../stream/xml.ts';
import { CAPS, capsNode } from './caps.ts';

/** Namespace in which an entity says what it is (XEP-0030). */
export const DISCO_INFO = 'http://jabber.org/protocol/disco#info';
const DISCO_ITEMS = 'http://jabber.org/protocol/disco#items';

export type Identity = { category: string; type: string; name?: string };
export type Item = { jid: string; node?: string; name?: string };

/** A node below the component. `items`: what it shows to who asks, a full JID, in a language (`xml:lang`) if there is one. */
export type DiscoNode = {
  identities: readonly Identity[];
  features: readonly string[];
  items?: (from: string, lang: string | undefined) => readonly Item[] | Promise<readonly Item[]>;
};

/** What one capability of the component lets service discovery say. */
export type Capability = {
  identities?: readonly Identity[];
  features: readonly string[];
  nodes?: Readonly<Record<string, DiscoNode>>;
};

/** What service discovery says of the component itself. */
export type Disco = {
  /** The present answer. */
  info(): Element;
  /** From now on it has these features beside the fixed ones. */
  alsoHas(features: readonly string[]): void;
};

/**
 * Answers service discovery for the component and for the nodes of its capabilities; an unknown
 * node is `item-not-found` (section 3.2).
 */
export function answerDisco(stream: Stream, capabilities: readonly Capability[]): Disco {
  let passing: readonly string[] = [];
  const nodes = new Map(capabilities.flatMap(({ nodes = {} }) => Object.entries(nodes)));
  const root: DiscoNode = {
    identities: capabilities.flatMap(({ identities = [] }) => identities),
    features: [...new Set([DISCO_INFO, DISCO_ITEMS, CAPS, ...capabilities.flatMap(({ features }) => features)])],
  };
  const present = () => ({ ...root, features: [...root.features, ...passing] });
  const info = () => infoElement(present(), undefined);
  const nodeOf = ({ attrs: { node } }: Element) =>
    node === undefined || node === capsNode(info()) ? present() : nodes.get(node);

  stream.answerGet(DISCO_INFO, 'query', ({ element }) => {
    const found = nodeOf(element);
    return found ? infoElement(found, element.attrs.node) : errorAnswer('cancel', 'item-not-found');
  });
  stream.answerGet(DISCO_ITEMS, 'query', async ({ stanza, element }) => {
    const found = nodeOf(element);
    if (!found) return errorAnswer('cancel', 'item-not-found');
    const items = (await found.items?.(stanza.attrs.from ?? '', stanza.attrs['xml:lang'])) ?? [];
    return xml(
      'query',
      { xmlns: DISCO_ITEMS, node: element.attrs.node },
      items.map((item) => xml('item', item)),
    );
  });
  return {
    info,
    alsoHas(features) {
      passing = features;
    },
  };
}

function infoElement({ identities, features }: DiscoNode, node: string | undefined): Element {
  return xml(
    'query',
    { xmlns: DISCO_INFO, node },
    identities.map((identity) => xml('identity', identity)),
    features.map((feature) => xml('feature', { var: feature })),
  );
}

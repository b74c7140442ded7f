// XEP-0060: Publish-Subscribe, version 1.27.0 (https://xmpp.org/extensions/xep-0060.html), sections 8.1.2 and 8.2 to 8.9
import { isCondition } from '../stream/stanza-error.ts';
import { type Element, textElement, xml } from '../stream/xml.ts';
import type { UserIq } from './privileged-iq.ts';

export const PUBSUB = 'http://jabber.org/protocol/pubsub';
export const PUBSUB_OWNER = `${PUBSUB}#owner`;
const FORM = 'jabber:x:data';
/** What servers say to whoever ends a subscription that is not there (section 8.8.2.2 has none of it). */
const NOT_SUBSCRIBED = ['unexpected-request', 'bad-request', 'item-not-found'];

/** What makes a node send to its subscribers wherever these and its owner are (section 16.4.4). */
export const TO_EVERYBODY = { presence_based_delivery: '0' };

/** A user's node. */
export type Place = { jid: string; node: string };

/** A node's options, as in `pubsub#access_model`: those that it has (section 16.4.4), or those that whoever publishes expects (16.4.5). */
export function nodeForm(of: 'node_config' | 'publish-options', options: Readonly<Record<string, string>>): Element {
  return xml(
    'x',
    { xmlns: FORM, type: 'submit' },
    xml('field', { var: 'FORM_TYPE', type: 'hidden' }, textElement('value', `${PUBSUB}#${of}`)),
    Object.entries(options).map(([name, value]) =>
      xml('field', { var: `pubsub#${name}` }, textElement('value', value)),
    ),
  );
}

/** Asks for a node with these options (section 8.1.3). */
export function creation(node: string, options: Readonly<Record<string, string>>): Element {
  const configure = xml('configure', {}, nodeForm('node_config', options));
  return xml('pubsub', { xmlns: PUBSUB }, xml('create', { node }), configure);
}

/** Makes the user's node, in the user's name, where it is not there. `request`: what asks for it. */
export async function createNode(
  ask: UserIq,
  { jid, node }: Place,
  request = xml('pubsub', { xmlns: PUBSUB }, xml('create', { node })),
): Promise<void> {
  try {
    await ask(jid, 'set', request);
  } catch (err) {
    if (!isCondition(err, 'conflict')) throw err;
  }
}

/** One request of the node's owner, in the user's name. */
export async function setAsOwner(ask: UserIq, jid: string, child: Element): Promise<void> {
  await ask(jid, 'set', xml('pubsub', { xmlns: PUBSUB_OWNER }, child));
}

/** Sets some of the node's options, as in `pubsub#access_model`, and leaves the others. */
export async function configureNode(
  ask: UserIq,
  { jid, node }: Place,
  options: Readonly<Record<string, string>>,
): Promise<void> {
  await setAsOwner(ask, jid, xml('configure', { node }, nodeForm('node_config', options)));
}

/** Who may do what with the node (section 8.9.1), by JID. */
export async function readAffiliations(ask: UserIq, { jid, node }: Place): Promise<Map<string, string>> {
  const reply = await ask(jid, 'get', xml('pubsub', { xmlns: PUBSUB_OWNER }, xml('affiliations', { node })));
  const list = reply.getChild('pubsub')?.getChild('affiliations')?.getChildren('affiliation') ?? [];
  return new Map(list.map(({ attrs }) => [attrs.jid ?? '', attrs.affiliation ?? 'none']));
}

/** Subscribes somebody, in the user's name. */
export async function setSubscription(ask: UserIq, { jid, node }: Place, who: string, state: string): Promise<void> {
  const element = xml('subscription', { jid: who, subscription: state });
  await setAsOwner(ask, jid, xml('subscriptions', { node }, element));
}

/** Whoever is not subscribed stays so. */
export async function endSubscription(ask: UserIq, place: Place, who: string): Promise<void> {
  try {
    await setSubscription(ask, place, who, 'none');
  } catch (err) {
    if (!isCondition(err, ...NOT_SUBSCRIBED)) throw err;
  }
}

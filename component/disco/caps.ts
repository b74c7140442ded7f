// XEP-0115: Entity Capabilities, version 1.6.0 (https://xmpp.org/extensions/xep-0115.html)
import { createHash } from 'node:crypto';
import { type Element, xml } from '../stream/xml.ts';

/** Namespace of entity capabilities (XEP-0115). */
export const CAPS = 'http://jabber.org/protocol/caps';
const NODE = 'https://earshot.invalid/component';

/** `<c/>` of a presence, for what is answered to disco#info. */
export function capsElement(info: Element): Element {
  return xml('c', { xmlns: CAPS, hash: 'sha-1', node: NODE, ver: verificationOf(info) });
}

/** The node under which others ask what those capabilities are (section 6.2). */
export function capsNode(info: Element): string {
  return `${NODE}#${verificationOf(info)}`;
}

/** Section 5.1, for an answer without forms. */
function verificationOf(info: Element): string {
  const identities = info
    .getChildren('identity')
    .map(({ attrs }) => `${attrs.category}/${attrs.type}/${attrs['xml:lang'] ?? ''}/${attrs.name ?? ''}`);
  const features = info.getChildren('feature').map(({ attrs }) => attrs.var ?? '');
  const text = [...identities.sort(), ...features.sort()].map((one) => `${one}<`).join('');
  return createHash('sha1').update(text).digest('base64');
}

import { randomUUID } from 'node:crypto';
import type { Stream } from '../../stream/stream.ts';
import { type Element, xml } from '../../stream/xml.ts';
import { type Place, PUBSUB_OWNER } from '../node-owner.ts';

/** What is answered where the component is no owner of the node any more, or the node was made anew. */
export const LOST = ['forbidden', 'item-not-found', 'not-allowed', 'not-authorized'];

/** Sends the request as the user (`check_from: false`), which ejabberd never answers. What the component sends next is heard behind it. */
export async function sendAs(stream: Stream, jid: string, child: Element): Promise<void> {
  await stream.send(xml('iq', { type: 'set', id: randomUUID(), from: `${jid}/earshot`, to: jid }, child));
}

/** The component as an owner of the node, or as nothing there. */
export function ownership(node: string, component: string, affiliation: 'owner' | 'none'): Element {
  const own = xml('affiliation', { jid: component, affiliation });
  return xml('pubsub', { xmlns: PUBSUB_OWNER }, xml('affiliations', { node }, own));
}

/** Makes the component an owner of the user's node, in the user's name. */
export function takePart(stream: Stream, { jid, node }: Place, component: string): Promise<void> {
  return sendAs(stream, jid, ownership(node, component, 'owner'));
}

// XEP-0060: Publish-Subscribe, version 1.27.0 (https://xmpp.org/extensions/xep-0060.html), sections 8.1.2 and 8.2 to 8.9
import { isCondition } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, xml } from '../stream/xml.ts';
import { privilegedIq } from './privileged-iq.ts';

export const PUBSUB = 'http://jabber.org/protocol/pubsub';
export const PUBSUB_OWNER = `${PUBSUB}#owner`;

/** Makes the user's node, in the user's name, where it is not there. */
export async function createNode(stream: Stream, jid: string, node: string): Promise<void> {
  try {
    await privilegedIq(stream, jid, 'set', xml('pubsub', { xmlns: PUBSUB }, xml('create', { node })));
  } catch (err) {
    if (!isCondition(err, 'conflict')) throw err;
  }
}

/** One request of the node's owner, in the user's name. */
export async function setAsOwner(stream: Stream, jid: string, child: Element): Promise<void> {
  await privilegedIq(stream, jid, 'set', xml('pubsub', { xmlns: PUBSUB_OWNER }, child));
}

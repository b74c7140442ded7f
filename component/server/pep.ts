// XEP-0118: User Tune, version 1.3.0 (https://xmpp.org/extensions/xep-0118.html), published by XEP-0163: PEP
import type { Tune } from '../../domain/playing/tune.ts';
import type { Echoes } from '../stream/echoes.ts';
import { isCondition } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, textElement, xml } from '../stream/xml.ts';
import { privilegedIq } from './privileged-iq.ts';

export const TUNE = 'http://jabber.org/protocol/tune';
const PUBSUB = 'http://jabber.org/protocol/pubsub';
/** The id that Gajim and Psi use, so that a user's own client and Earshot write the same item. */
const ITEM = 'current';

/** Publishes a tune on the user's behalf; none is the empty tune, which clients understand as "stopped". */
export async function publishTune(stream: Stream, echoes: Echoes, jid: string, tune: Tune | undefined): Promise<void> {
  const element = tuneElement(tune);
  const item = xml('item', { id: ITEM }, element);
  echoes.expect(jid, element);
  await privilegedIq(stream, jid, 'set', xml('pubsub', { xmlns: PUBSUB }, xml('publish', { node: TUNE }, item)));
}

/** `<tune/>` with its children in the order of the schema. */
export function tuneElement(tune: Tune | undefined): Element {
  return xml(
    'tune',
    { xmlns: TUNE },
    textElement('artist', tune?.artist),
    textElement('length', tune?.length),
    textElement('rating', tune?.rating),
    textElement('source', tune?.source),
    textElement('title', tune?.title),
    textElement('track', tune?.track),
    textElement('uri', tune?.uri),
  );
}

/** Whether the account exists: the server lets nobody speak for a user that it does not have. */
export async function accountExists(stream: Stream, jid: string): Promise<boolean> {
  try {
    await privilegedIq(stream, jid, 'get', xml('pubsub', { xmlns: PUBSUB }, xml('items', { node: TUNE })));
    return true;
  } catch (err) {
    if (isCondition(err, 'forbidden')) return false;
    if (isCondition(err, 'item-not-found')) return true;
    throw err;
  }
}

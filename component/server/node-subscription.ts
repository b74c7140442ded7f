// XEP-0060: Publish-Subscribe, version 1.27.0 (https://xmpp.org/extensions/xep-0060.html), sections 8.1.2, 8.8.2 and 8.9.2
import { isCondition } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { xml } from '../stream/xml.ts';
import { createNode, setAsOwner } from './node-owner.ts';

/** A user's node. */
type Place = { jid: string; node: string };

/**
 * Makes the component, which is nobody's contact, a member of the user's node and subscribes it, in the user's name. A node that is not there is
 * made. Done twice it is done once.
 */
export async function subscribe(stream: Stream, place: Place, component: string): Promise<void> {
  await createNode(stream, place.jid, place.node);
  await setAffiliation(stream, place, component, 'member');
  await setSubscription(stream, place, component, 'subscribed');
}

/** Undoes it, or the rest of it where a process died half-way; the node stays. */
export async function unsubscribe(stream: Stream, place: Place, component: string): Promise<void> {
  await createNode(stream, place.jid, place.node);
  try {
    await setSubscription(stream, place, component, 'none');
  } catch (err) {
    // Not subscribed.
    if (!isCondition(err, 'unexpected-request')) throw err;
  }
  await setAffiliation(stream, place, component, 'none');
}

function setAffiliation(stream: Stream, { jid, node }: Place, component: string, affiliation: string): Promise<void> {
  const element = xml('affiliation', { jid: component, affiliation });
  return setAsOwner(stream, jid, xml('affiliations', { node }, element));
}

function setSubscription(stream: Stream, { jid, node }: Place, component: string, subscription: string): Promise<void> {
  const element = xml('subscription', { jid: component, subscription });
  return setAsOwner(stream, jid, xml('subscriptions', { node }, element));
}

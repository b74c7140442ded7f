// XEP-0060: Publish-Subscribe, version 1.27.0 (https://xmpp.org/extensions/xep-0060.html), sections 8.1.2, 8.8.2 and 8.9.2

import { TUNE } from '../server/pep.ts';
import { isCondition } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { xml } from '../stream/xml.ts';
import { createNode, setAsOwner } from './node-owner.ts';

/**
 * Makes the component, which is nobody's contact, a member of the user's node with the tune and subscribes it, in the user's name. A node
 * that is not there is made. Done twice it is done once.
 */
export async function subscribeToTunes(stream: Stream, jid: string, component: string): Promise<void> {
  await createNode(stream, jid);
  await setAffiliation(stream, jid, component, 'member');
  await setSubscription(stream, jid, component, 'subscribed');
}

/** Undoes it, or the rest of it where a process died half-way; the node stays. */
export async function unsubscribeFromTunes(stream: Stream, jid: string, component: string): Promise<void> {
  await createNode(stream, jid);
  try {
    await setSubscription(stream, jid, component, 'none');
  } catch (err) {
    // Not subscribed.
    if (!isCondition(err, 'unexpected-request')) throw err;
  }
  await setAffiliation(stream, jid, component, 'none');
}

function setAffiliation(stream: Stream, jid: string, component: string, affiliation: string): Promise<void> {
  const element = xml('affiliation', { jid: component, affiliation });
  return setAsOwner(stream, jid, xml('affiliations', { node: TUNE }, element));
}

function setSubscription(stream: Stream, jid: string, component: string, subscription: string): Promise<void> {
  const element = xml('subscription', { jid: component, subscription });
  return setAsOwner(stream, jid, xml('subscriptions', { node: TUNE }, element));
}

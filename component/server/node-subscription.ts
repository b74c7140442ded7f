// XEP-0060: Publish-Subscribe, version 1.27.0 (https://xmpp.org/extensions/xep-0060.html), sections 8.1.2, 8.8.2 and 8.9.2
import { xml } from '../stream/xml.ts';
import { createNode, endSubscription, type Place, setAsOwner, setSubscription } from './node-owner.ts';
import type { UserIq } from './privileged-iq.ts';

/**
 * Makes the component, which is nobody's contact, a member of the user's node and subscribes it, in the user's name. A node that is not there is
 * made. Done twice it is done once.
 */
export async function subscribe(ask: UserIq, place: Place, component: string): Promise<void> {
  await createNode(ask, place);
  await setAffiliation(ask, place, component, 'member');
  await setSubscription(ask, place, component, 'subscribed');
}

/** Undoes it, or the rest of it where a process died half-way; the node stays. */
export async function unsubscribe(ask: UserIq, place: Place, component: string): Promise<void> {
  await createNode(ask, place);
  await endSubscription(ask, place, component);
  await setAffiliation(ask, place, component, 'none');
}

function setAffiliation(ask: UserIq, { jid, node }: Place, component: string, affiliation: string): Promise<void> {
  const element = xml('affiliation', { jid: component, affiliation });
  return setAsOwner(ask, jid, xml('affiliations', { node }, element));
}

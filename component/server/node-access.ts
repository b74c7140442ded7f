// XEP-0060: Publish-Subscribe, version 1.27.0 (https://xmpp.org/extensions/xep-0060.html), sections 8.2, 8.8.2 and 8.9
import { MODEL, type NodeChange } from '../../domain/friendship/node-access.ts';
import { inBatches } from '../../runtime/batches.ts';
import { xml } from '../stream/xml.ts';
import { configureNode, createNode, endSubscription, type Place, setAsOwner, TO_EVERYBODY } from './node-owner.ts';
import type { UserIq } from './privileged-iq.ts';

/** Affiliations in one request. */
const BATCH = 100;

/**
 * Changes how the user's node stands open; see `NodeAccess` for the fields. A node that is not there
 * is made. `bySubscription`: members are subscribed too, in the user's name, for as long as they are
 * members, as the server sends them nothing else.
 */
export async function changeAccess(
  ask: UserIq,
  place: Place,
  changes: readonly NodeChange[],
  bySubscription: boolean,
): Promise<void> {
  await createNode(ask, place);
  const affiliations = changes.filter(([field]) => field !== MODEL);
  for (const part of inBatches(affiliations, BATCH)) {
    const elements = part.map(([contact, affiliation]) => xml('affiliation', { jid: contact, affiliation }));
    await setAsOwner(ask, place.jid, xml('affiliations', { node: place.node }, elements));
    if (bySubscription) await followAffiliations(ask, place, part);
  }
  const model = changes.find(([field]) => field === MODEL)?.[1];
  if (model !== undefined) {
    const options = { access_model: model, ...(bySubscription && TO_EVERYBODY) };
    await configureNode(ask, place, options);
  }
}

async function followAffiliations(ask: UserIq, place: Place, changes: readonly NodeChange[]): Promise<void> {
  const members = changes.filter(([, affiliation]) => affiliation === 'member');
  const elements = members.map(([jid]) => xml('subscription', { jid, subscription: 'subscribed' }));
  if (elements.length > 0) await setAsOwner(ask, place.jid, xml('subscriptions', { node: place.node }, elements));
  const others = changes.filter((change) => !members.includes(change));
  await Promise.all(others.map(([jid]) => endSubscription(ask, place, jid)));
}

// XEP-0060: Publish-Subscribe, version 1.27.0 (https://xmpp.org/extensions/xep-0060.html), sections 8.1.2, 8.2 and 8.9
import { MODEL, type NodeChange } from '../../domain/friendship/node-access.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, textElement, xml } from '../stream/xml.ts';
import { createNode, PUBSUB, setAsOwner } from './node-owner.ts';

const DATA = 'jabber:x:data';
/** Affiliations in one request. */
const BATCH = 100;

/** Changes how the user's node stands open; see `NodeAccess` for the fields. A node that is not there is made. */
export async function changeAccess(
  stream: Stream,
  jid: string,
  node: string,
  changes: readonly NodeChange[],
): Promise<void> {
  await createNode(stream, jid, node);
  const affiliations = changes.filter(([field]) => field !== MODEL);
  for (let from = 0; from < affiliations.length; from += BATCH) {
    const part = affiliations.slice(from, from + BATCH);
    const elements = part.map(([contact, affiliation]) => xml('affiliation', { jid: contact, affiliation }));
    await setAsOwner(stream, jid, xml('affiliations', { node }, elements));
  }
  const model = changes.find(([field]) => field === MODEL)?.[1];
  if (model !== undefined) await setAsOwner(stream, jid, xml('configure', { node }, accessForm(model)));
}

function accessForm(model: string): Element {
  return xml(
    'x',
    { xmlns: DATA, type: 'submit' },
    xml('field', { var: 'FORM_TYPE', type: 'hidden' }, textElement('value', `${PUBSUB}#node_config`)),
    xml('field', { var: 'pubsub#access_model' }, textElement('value', model)),
  );
}

// XEP-0144: Roster Item Exchange, version 1.1.1 (https://xmpp.org/extensions/xep-0144.html)
import type { Resource } from '../../domain/account/presence.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, textElement, xml } from '../stream/xml.ts';

const ROSTERX = 'http://jabber.org/protocol/rosterx';
const DISCO_INFO = 'http://jabber.org/protocol/disco#info';
/** Milliseconds that a client has to say what it understands. */
const PATIENCE = 3_000;

/** One suggestion; the client asks its user. */
export type Suggestion = { action: 'add' | 'delete'; jid: string; name: string; groups: readonly string[] };

/** Of the user's clients the one of the highest priority that takes suggestions; undefined when none does. */
export async function suggestibleClient(
  stream: Pick<Stream, 'request'>,
  jid: string,
  resources: readonly Resource[],
): Promise<string | undefined> {
  const inOrder = [...resources].sort((a, b) => b.priority - a.priority).map(({ resource }) => `${jid}/${resource}`);
  for (const client of inOrder) if (await understands(stream, client)) return client;
  return undefined;
}

/** Sections 3.1 and 3.2. */
export function suggestions(client: string, from: string, items: readonly Suggestion[]): Element {
  const elements = items.map(({ action, jid, name, groups }) =>
    xml(
      'item',
      { action, jid, name: name === '' ? undefined : name },
      groups.map((group) => textElement('group', group)),
    ),
  );
  return xml('message', { from, to: client }, xml('x', { xmlns: ROSTERX }, elements));
}

/** Section 5. A client that does not answer takes none. */
async function understands(stream: Pick<Stream, 'request'>, client: string): Promise<boolean> {
  try {
    const ask = xml('iq', { type: 'get', to: client }, xml('query', { xmlns: DISCO_INFO }));
    const query = (await stream.request(ask, PATIENCE)).getChild('query', DISCO_INFO);
    return query?.getChildren('feature').some(({ attrs }) => attrs.var === ROSTERX) === true;
  } catch {
    return false;
  }
}

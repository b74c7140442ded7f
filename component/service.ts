import type { Stream } from './stream.ts';
import { textElement, xml } from './xml.ts';

const DISCO_INFO = 'http://jabber.org/protocol/disco#info';
const DISCO_ITEMS = 'http://jabber.org/protocol/disco#items';
const VERSION = 'jabber:iq:version';
const PING = 'urn:xmpp:ping';

/**
 * What the component answers about itself: XEP-0030 Service Discovery, XEP-0092 Software Version, XEP-0199 Ping.
 * Everything else is answered `service-unavailable` (RFC 6120, section 8.4).
 */
export function answerQuestions(stream: Stream, version: string): void {
  stream.answerGet(DISCO_INFO, 'query', ({ element }) => {
    if (element.attrs.node !== undefined) return notFound();
    const features = [DISCO_INFO, DISCO_ITEMS, VERSION, PING].map((feature) => xml('feature', { var: feature }));
    return xml(
      'query',
      { xmlns: DISCO_INFO },
      xml('identity', { category: 'component', type: 'presence', name: 'Earshot' }),
      features,
    );
  });
  stream.answerGet(DISCO_ITEMS, 'query', () => xml('query', { xmlns: DISCO_ITEMS }));
  stream.answerGet(VERSION, 'query', () =>
    xml('query', { xmlns: VERSION }, textElement('name', 'Earshot'), textElement('version', version)),
  );
  stream.answerGet(PING, 'ping', () => true);
}

function notFound() {
  return xml('error', { type: 'cancel' }, xml('item-not-found', { xmlns: 'urn:ietf:params:xml:ns:xmpp-stanzas' }));
}

import type { Capability } from './disco.ts';
import type { Stream } from './stream.ts';
import { textElement, xml } from './xml.ts';

const VERSION = 'jabber:iq:version';
const PING = 'urn:xmpp:ping';

/**
 * What the component answers about itself: XEP-0092 Software Version, XEP-0199 Ping. What nobody answers is
 * `service-unavailable` (RFC 6120, section 8.4).
 */
export function answerQuestions(stream: Stream, version: string): Capability {
  stream.answerGet(VERSION, 'query', () =>
    xml('query', { xmlns: VERSION }, textElement('name', 'Earshot'), textElement('version', version)),
  );
  stream.answerGet(PING, 'ping', () => true);
  return { identities: [{ category: 'component', type: 'presence', name: 'Earshot' }], features: [VERSION, PING] };
}

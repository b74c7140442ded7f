import type { Stream } from '../stream/stream.ts';
import { textElement, xml } from '../stream/xml.ts';
import type { Capability } from './disco.ts';

const VERSION = 'jabber:iq:version';
const PING = 'urn:xmpp:ping';
const TIME = 'urn:xmpp:time';
const LAST = 'jabber:iq:last';

/**
 * What the component answers about itself: XEP-0092 Software Version, XEP-0199 Ping, XEP-0202 Entity Time, and for how long it has been
 * running (XEP-0012, section 5). What nobody answers is `service-unavailable` (RFC 6120, section 8.4).
 */
export function answerQuestions(stream: Stream, version: string): Capability {
  stream.answerGet(VERSION, 'query', () =>
    xml('query', { xmlns: VERSION }, textElement('name', 'Earshot'), textElement('version', version)),
  );
  stream.answerGet(PING, 'ping', () => true);
  stream.answerGet(TIME, 'time', () =>
    xml('time', { xmlns: TIME }, textElement('tzo', 'Z'), textElement('utc', new Date().toISOString())),
  );
  stream.answerGet(LAST, 'query', () => xml('query', { xmlns: LAST, seconds: `${Math.floor(process.uptime())}` }));
  return {
    identities: [{ category: 'component', type: 'presence', name: 'Earshot' }],
    features: [VERSION, PING, TIME, LAST],
  };
}

// XEP-0199: XMPP Ping, version 2.0.1 (https://xmpp.org/extensions/xep-0199.html)
import type { Requests } from './requests.ts';
import { StanzaError } from './stanza-error.ts';
import { type Element, xml } from './xml.ts';

/**
 * A ping that every server answers, with a result or with an error. It goes to a resource of the
 * host: ejabberd 24.12 with mod_privilege drops what a component asks a JID without one.
 */
export function pingOf(host: string): Element {
  return xml('iq', { type: 'get', to: `${host}/earshot` }, xml('ping', { xmlns: 'urn:xmpp:ping' }));
}

/**
 * Settles when the server has heard what was sent before: it answers in order, with a result or with
 * an error. @throws Fault UNAVAILABLE when no answer came, or the stream broke
 */
export async function untilHeard(stream: Pick<Requests, 'request'>, host: string): Promise<void> {
  await stream.request(pingOf(host)).catch((err: unknown) => {
    if (!(err instanceof StanzaError)) throw err;
  });
}

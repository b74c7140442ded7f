import { isCondition, stanzaErrorOf } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { descendants, type Element, xml } from '../stream/xml.ts';

/** Namespace of privileged entities (XEP-0356). */
export const PRIVILEGE = 'urn:xmpp:privilege:2';

/**
 * Asks a user's own account as if the user had asked, and gives the answer that the user would get.
 * @throws StanzaError also where the server wraps the user's error into a result.
 */
export type UserIq = (jid: string, type: 'get' | 'set', child: Element) => Promise<Element>;

/** By XEP-0356, section 6. `written`: how the account is named within the wrapped IQ. */
export function privilegedIq(stream: Stream, written: (jid: string) => string = (jid) => jid): UserIq {
  return async (jid, type, child) => {
    const inner = xml('iq', { xmlns: 'jabber:client', type, id: 'x', from: jid, to: written(jid) }, child);
    const wrapped = xml('privileged_iq', { xmlns: PRIVILEGE }, inner);
    const answer = await stream.request(xml('iq', { type, to: jid }, wrapped));
    const reply = forwardedIn(answer) ?? answer;
    if (reply.attrs.type === 'error') throw stanzaErrorOf(reply);
    return reply;
  };
}

/** Section 6 says where it stands; a server that has it elsewhere is looked through. */
function forwardedIn(answer: Element): Element | undefined {
  const forwarded = answer.getChild('privilege')?.getChild('forwarded')?.getChild('iq', 'jabber:client');
  return forwarded ?? descendants(answer, 'iq', 'jabber:client')[0];
}

/**
 * The conditions that mean that what was asked for is not there: no node, no vCard, no account, no
 * right to ask, or no such service.
 */
export const ABSENT = [
  'item-not-found',
  'forbidden',
  'not-allowed',
  'not-authorized',
  'feature-not-implemented',
  'service-unavailable',
];

/** What is asked for, or undefined where the server says that it is not there. */
export async function orAbsent(request: Promise<Element>): Promise<Element | undefined> {
  try {
    return await request;
  } catch (err) {
    if (isCondition(err, ...ABSENT)) return undefined;
    throw err;
  }
}

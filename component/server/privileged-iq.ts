import { stanzaErrorOf } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { descendants, type Element, xml } from '../stream/xml.ts';
import { PRIVILEGE } from './privileges.ts';

/**
 * Sends an IQ to a user's own account as if the user had sent it (XEP-0356, section 6).
 * @throws StanzaError also where the server wraps the user's error into a result.
 */
export async function privilegedIq(stream: Stream, jid: string, type: 'get' | 'set', child: Element): Promise<Element> {
  const inner = xml('iq', { xmlns: 'jabber:client', type, id: 'x', from: jid, to: jid }, child);
  const answer = await stream.request(xml('iq', { type, to: jid }, xml('privileged_iq', { xmlns: PRIVILEGE }, inner)));
  const reply = descendants(answer, 'iq', 'jabber:client')[0] ?? answer;
  if (reply.attrs.type === 'error') throw stanzaErrorOf(reply);
  return reply;
}

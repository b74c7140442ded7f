import { type Client, client, xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import { domainOf } from '../../../domain/account/jid.ts';
import { PATIENCE } from '../eventually.ts';

/** Where clients log in. `elsewhere`: the ports of other hosts that have a server of their own. */
export type ClientPlace = { xmpp: { port: number; domain: string; elsewhere?: Readonly<Record<string, number>> } };

/**
 * A client of xmpp.js that is not connected yet. It logs in by PLAIN: for SCRAM (RFC 5802) xmpp.js computes ten thousand HMACs one by one, which took half of
 * the processor time of all tests. `prosody-server.test.ts` and poezio log in by SCRAM.
 */
export function xmppClient(
  { xmpp: { port, domain, elsewhere } }: ClientPlace,
  { jid, password }: { jid: string; password: string },
  resource?: string,
): Client {
  const username = jid.slice(0, jid.lastIndexOf('@'));
  const other = elsewhere?.[domainOf(jid)];
  const made = client({
    service: `xmpp://127.0.0.1:${other ?? port}`,
    domain: other === undefined ? domain : domainOf(jid),
    ...(resource === undefined ? {} : { resource }),
    // The JID that the client believes to have, which an answer of the roster is compared with.
    username,
    credentials: (authenticate) =>
      authenticate({ username: utf8(username), password: utf8(password) }, 'PLAIN', xml('user-agent')),
  });
  // xmpp.js itself would give a busy server thirty seconds.
  const request = made.iqCaller.request.bind(made.iqCaller);
  made.iqCaller.request = (iq: Element, timeout = PATIENCE) => request(iq, timeout);
  return made;
}

/** xmpp.js takes each character for one byte. */
function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}

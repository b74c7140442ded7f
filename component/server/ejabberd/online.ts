// XEP-0012: Last Activity, version 2.0 (https://xmpp.org/extensions/xep-0012.html)
import { xml } from '../../stream/xml.ts';
import type { UserIq } from '../privileged-iq.ts';
import type { Rights } from '../privileges.ts';
import type { Snapshot } from '../server.ts';

/** Whether that user has a client online, from which ejabberd sends contacts what is published. */
export type IsOnline = (jid: string) => Promise<boolean>;

const LAST = 'jabber:iq:last';

/** Asks the HTTP API. */
export function onlineByApi({ clients }: Pick<Snapshot, 'clients'>): IsOnline {
  return async (jid) => (await clients(jid)).length > 0;
}

/** Whether the component may ask for it. */
export function maySeeActivity(rights: Rights): boolean {
  return ['get', 'both'].includes(rights.get(`iq ${LAST}`) ?? '');
}

/**
 * Asks for the user's last activity, as the user, which costs a third of a call of the API (decision 318). It is
 * that of this moment, without a word, where there is a session. Where that ended in the same second there is also a
 * reason (`Connection failed`), or the client's own word, which may be empty: then its presence has come before the answer.
 * `seemsOnline`: as for `Connection`; of a session that has told no presence the API knows more.
 */
export function onlineByActivity(ask: UserIq, seemsOnline: (jid: string) => boolean, byApi: IsOnline): IsOnline {
  return async (jid) => {
    // Whatever the error is: what is published is not to wait for it.
    const reply = await ask(jid, 'get', xml('query', { xmlns: LAST })).catch(() => undefined);
    const query = reply?.getChild('query', LAST);
    if (!query) return byApi(jid);
    if (query.attrs.seconds !== '0' || query.getText() !== '') return false;
    return seemsOnline(jid) || byApi(jid);
  };
}

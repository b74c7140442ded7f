// XEP-0054: vcard-temp, version 1.3.0 (https://xmpp.org/extensions/xep-0054.html)
import { xml } from '../stream/xml.ts';
import { orAbsent, type UserIq } from './privileged-iq.ts';
import type { VcardAbility } from './server.ts';

const VCARD = 'vcard-temp';

/** By the right of XEP-0356 to ask for `vcard-temp`. */
export function createPrivilegedVcards(ask: UserIq): VcardAbility {
  return {
    async read(jid) {
      const reply = await orAbsent(ask(jid, 'get', xml('vCard', { xmlns: VCARD })));
      const vcard = reply?.getChild('vCard', VCARD);
      // ejabberd has an empty one of everybody, and of nobody.
      return vcard?.getChildElements().length ? vcard : undefined;
    },
  };
}

// XEP-0054: vcard-temp, version 1.3.0 (https://xmpp.org/extensions/xep-0054.html)
import type { Stream } from '../stream/stream.ts';
import { xml } from '../stream/xml.ts';
import { orAbsent, privilegedIq } from './privileged-iq.ts';
import type { VcardAbility } from './server.ts';

const VCARD = 'vcard-temp';

/** By the right of XEP-0356 to ask for `vcard-temp`. */
export function createPrivilegedVcards(stream: Stream): VcardAbility {
  return {
    async read(jid) {
      const reply = await orAbsent(privilegedIq(stream, jid, 'get', xml('vCard', { xmlns: VCARD })));
      return reply?.getChild('vCard', VCARD);
    },
  };
}

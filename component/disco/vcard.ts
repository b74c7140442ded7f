// XEP-0054: vcard-temp, version 1.2 (https://xmpp.org/extensions/xep-0054.html)
// XEP-0153: vCard-Based Avatars, version 1.1 (https://xmpp.org/extensions/xep-0153.html)
import { createHash } from 'node:crypto';
import type { Stream } from '../stream/stream.ts';
import { type Element, textElement, xml } from '../stream/xml.ts';
import type { Capability } from './disco.ts';
import { ICON, ICON_TYPE } from './icon.ts';

const VCARD = 'vcard-temp';
const PICTURE = createHash('sha1').update(Buffer.from(ICON, 'base64')).digest('hex');

/** Shows clients what the service is and looks like. `publicUrl`: where people reach it, if the operator has said so. */
export function answerVcard(stream: Stream, publicUrl: string | undefined): Capability {
  stream.answerGet(VCARD, 'vCard', () =>
    xml(
      'vCard',
      { xmlns: VCARD },
      textElement('FN', 'Earshot'),
      textElement('DESC', 'Shows you what the people in your address book are playing, and them what you play.'),
      textElement('URL', publicUrl),
      xml('PHOTO', {}, textElement('TYPE', ICON_TYPE), textElement('BINVAL', ICON)),
    ),
  );
  return { features: [VCARD] };
}

/** XEP-0153, section 3.1: what a presence says about the picture of the card. */
export function pictureElement(): Element {
  return xml('x', { xmlns: 'vcard-temp:x:update' }, textElement('photo', PICTURE));
}

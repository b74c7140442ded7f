// RFC 3863: Presence Information Data Format. RFC 4479: its data model. XEP-0118: User Tune.

import { textElement, xml } from '../component/stream/xml.ts';
import { tuneElement } from '../component/tune/tune-element.ts';
import type { Tune } from '../domain/playing/tune.ts';
import { lengthOf } from '../domain/text.ts';

/** The media type of the document. */
export const PIDF = 'application/pidf+xml';

/** Characters of a note: phones show one line. */
const LONGEST_NOTE = 120;
/** Always the same: a server, or a phone, that puts documents together keeps the last of ours. */
const ID = 'earshot';

/**
 * The presence document of somebody who plays that tune. No activity
 * (RFC 4480) stands in it, as phones take one for "busy", and `closed` never does: whether the phone can be reached is not ours to say.
 */
export function presenceDocument(entity: string, tune: Tune): string {
  const note = noteOf(tune);
  const document = xml(
    'presence',
    { xmlns: 'urn:ietf:params:xml:ns:pidf', 'xmlns:dm': 'urn:ietf:params:xml:ns:pidf:data-model', entity },
    xml('tuple', { id: ID }, xml('status', {}, textElement('basic', 'open')), textElement('note', note)),
    xml('dm:person', { id: `${ID}-person` }, tuneElement(tune), textElement('dm:note', note)),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>${document}`;
}

/** `♪ title — artist` in one line of 120 characters at most. */
export function noteOf({ title, artist }: Tune): string {
  const note = `♪ ${title}${artist === undefined ? '' : ` — ${artist}`}`;
  return lengthOf(note) <= LONGEST_NOTE
    ? note
    : `${[...note]
        .slice(0, LONGEST_NOTE - 1)
        .join('')
        .trimEnd()}…`;
}
